"""Pure documents and rules of a bucket."""

from components.shared.statements import Statement, document


def tls_only(bucket: str) -> str:
    """Nobody talks to the bucket in plain text (Security Hub S3.5)."""
    return document(
        [
            Statement(
                sid="OnlyTls",
                effect="Deny",
                principals={"*": ("*",)},
                actions=("s3:*",),
                resources=(f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"),
                conditions={"Bool": {"aws:SecureTransport": "false"}},
            )
        ]
    )
