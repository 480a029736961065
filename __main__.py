"""The Pulumi program; `pulumi preview` and `pulumi up` run it."""

from stacks.program import declare

declare()
