"""What only one type does: buckets that hold something, versions, waiting, secrets."""

import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from emulator.archives import packed
from emulator.engine.values import ARCHIVE, ASSET, Asset

Make = Callable[..., tuple[Any, dict[str, Any]]]


def _put(driver: Any, bucket: str, key: str, words: list[str]) -> None:
    client = driver.aws.client("s3", "us-east-1")
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for word in words:
        client.put_object(Bucket=bucket, Key=key, Body=word.encode())


@pytest.mark.slow
def test_a_bucket_that_holds_something_is_not_deleted(driver: Any) -> None:
    made = driver.create("aws:s3/bucket:Bucket", "full", {})
    _put(driver, made.id, "kept", ["once"])
    with pytest.raises(Exception, match="BucketNotEmpty"):
        driver.delete(made)
    assert driver.read(made) is not None


@pytest.mark.slow
def test_a_bucket_that_may_be_emptied_goes_with_every_version_and_marker(driver: Any) -> None:
    made = driver.create("aws:s3/bucket:Bucket", "emptied", {"forceDestroy": True})
    _put(driver, made.id, "a key with\nnewline", ["once", "twice"])
    driver.aws.client("s3", "us-east-1").delete_object(Bucket=made.id, Key="a key with\nnewline")
    driver.delete(made)
    assert driver.read(made) is None


@pytest.mark.slow
def test_an_object_goes_with_its_versions_and_leaves_its_neighbours(driver: Any) -> None:
    bucket = driver.create("aws:s3/bucket:Bucket", "neighbours", {"forceDestroy": True})
    _put(driver, bucket.id, "model.json", ["a neighbour"])
    made = driver.create(
        "aws:s3/bucketObjectv2:BucketObjectv2", "o", {"bucket": bucket.id, "key": "model", "content": "1"}
    )
    checked, _ = driver.check(made, {"bucket": bucket.id, "key": "model", "content": "2"})
    driver.update(made, checked)
    assert made.outputs["versionId"]
    driver.delete(made)
    versions = driver.aws.client("s3", "us-east-1").list_object_versions(Bucket=bucket.id)
    assert [one["Key"] for one in versions["Versions"]] == ["model.json"]
    assert "DeleteMarkers" not in versions


@pytest.mark.slow
def test_a_change_of_a_document_becomes_its_default_version(driver: Any, make: Make) -> None:
    made, _ = make("aws:ssm/document:Document")
    content = made.inputs["content"].replace("say", "shout")
    checked, faults = driver.check(made, {**made.inputs, "content": content})
    assert not faults
    driver.update(made, checked)
    assert (made.outputs["defaultVersion"], made.outputs["latestVersion"]) == ("2", "2")


@pytest.mark.slow
def test_an_association_whose_document_fails_says_what_the_script_said(driver: Any, make: Make) -> None:
    instance, _ = make("aws:ec2/instance:Instance")
    step = {"action": "aws:runShellScript", "name": "s", "inputs": {"runCommand": ["echo no such disk >&2", "exit 3"]}}
    document = driver.create(
        "aws:ssm/document:Document",
        "failing",
        {"documentType": "Command", "content": {"schemaVersion": "2.2", "mainSteps": [step]}},
    )
    target = {"key": "InstanceIds", "values": [instance.id]}
    wanted = {"name": document.id, "targets": [target], "waitForSuccessTimeoutSeconds": 60}
    with pytest.raises(Exception, match=f"(?s)Failed on {instance.id}.*no such disk"):
        driver.create("aws:ssm/association:Association", "failing", wanted)


def test_an_archive_has_the_same_bytes_each_time(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "b.py").write_text("b")
    (tmp_path / "a.py").write_text("a")
    folder = Asset(ARCHIVE, (("path", str(tmp_path)),))
    together = Asset(ARCHIVE, (("assets", {"code": folder, "note.txt": Asset("", (("text", "hello"),))}),))
    first = packed(together)
    (tmp_path / "a.py").touch()
    assert packed(together) == first
    assert zipfile.ZipFile(BytesIO(first)).namelist() == ["code/a.py", "code/below/b.py", "note.txt"]


def test_a_remote_archive_is_refused() -> None:
    with pytest.raises(ValueError, match="not a remote one"):
        packed(Asset(ARCHIVE, (("uri", "https://example.com/a.zip"),)))


@pytest.mark.slow
def test_an_object_holds_the_bytes_of_its_file_or_archive(driver: Any, tmp_path: Path) -> None:
    bucket = driver.create("aws:s3/bucket:Bucket", "assets", {"forceDestroy": True})
    (tmp_path / "model.bin").write_bytes(b"\x00\xff")
    file = Asset(ASSET, (("hash", "1"), ("path", str(tmp_path / "model.bin"))))
    archive = Asset(ARCHIVE, (("assets", {"model.bin": file}), ("hash", "2")))
    for key, source, wanted in (("file", file, b"\x00\xff"), ("zip", archive, packed(archive))):
        inputs = {"bucket": bucket.id, "key": key, "source": source}
        made = driver.create("aws:s3/bucketObjectv2:BucketObjectv2", key, inputs)
        body = driver.aws.client("s3", "us-east-1").get_object(Bucket=bucket.id, Key=key)["Body"].read()
        assert body == wanted
        again, _ = driver.check(made, inputs)
        assert not driver.diff(made, again).diffs, "the second diff is not empty"


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="absolute path"):
        packed(Asset(ASSET, (("path", str(tmp_path / "no.bin")),)))
