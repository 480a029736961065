//go:build tools

// Package tools pins the Python language host, which the Go module proxy serves up to sdk v3.79.0.
package tools

import _ "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python"
