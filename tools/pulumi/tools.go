//go:build tools

// Package tools pins the Pulumi command line for machines that have none (see docs/engine.md).
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
