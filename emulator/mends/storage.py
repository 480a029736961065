"""Delete markers that can be deleted, objects without tags, and no second judge of bucket policies.

moto 5.2.5's DeleteObjects fails on the version of a delete marker, because it wants to give back the memory of a
content that a marker has not. Its PutObjectTagging fails on an empty TagSet, by which S3 takes all tags away. And it
denies a request wherever a bucket policy's Deny has a condition, whether it holds or not: policies are evaluated before
moto sees the request, in `emulator/access`.
"""

from xml.etree import ElementTree

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket, FakeDeleteMarker
from moto.s3.responses import S3Response

from emulator.seam import replace


def _dispose(_: FakeDeleteMarker, garbage: bool = False) -> None:
    """A marker holds nothing."""


def install() -> None:
    original = S3Response._tagging_from_xml

    def tags(response: S3Response) -> dict[str, str]:
        tagging = ElementTree.fromstring(response.body)  # noqa: S314 - moto parses it, too, and only loopback sends it
        return {} if tagging.find("{*}TagSet/{*}Tag") is None else original(response)

    replace(S3Response, "_tagging_from_xml", tags)
    replace(FakeBucket, "get_permission", lambda *_: PermissionResult.NEUTRAL)
    setattr(FakeDeleteMarker, "dispose", _dispose)  # noqa: B010 - it has none, says mypy
