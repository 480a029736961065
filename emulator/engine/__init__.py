"""The generic provider's parts: they know rows and botocore's model, and no resource type by name."""
