"""Rows of S3: buckets and what is configured on them."""

from emulator.rows import Call, Property, Row

ROWS = (
    Row(
        "aws:s3/bucketVersioning:BucketVersioning",
        "s3",
        cloudformation="AWS::S3::Bucket.VersioningConfiguration",
        properties={
            # The answer of GetBucketVersioning does not name the bucket: it is the id.
            "bucket": Property("PutBucketVersioning.Bucket", read="_.id", required=True, replaces=True),
            "versioningConfiguration": Property(
                "PutBucketVersioning.VersioningConfiguration",
                read="@",
                required=True,
                fields={"status": Property("Status", required=True), "mfaDelete": Property("MFADelete")},
            ),
        },
        id="_.in.bucket",
        create=(Call("PutBucketVersioning"),),
        # A bucket without any versioning answers without a Status: then there is no such resource.
        read=(Call("GetBucketVersioning", {"Bucket": "_.id"}, select="Status && @"),),
        update=(Call("PutBucketVersioning"),),
        delete=(
            Call("PutBucketVersioning", {"Bucket": "_.id", "VersioningConfiguration": '`{"Status": "Suspended"}`'}),
        ),
        gone=("NoSuchBucket",),
        delete_before_replace=True,
    ),
)
