"""Delete markers that can be deleted, and no second judge of bucket policies.

moto 5.2.5's DeleteObjects fails on the version of a delete marker, because it wants to give back the memory of a
content that a marker has not. And it denies a request wherever a bucket policy's Deny has a condition, whether it holds
or not: policies are evaluated before moto sees the request, in `emulator/access`.
"""

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket, FakeDeleteMarker

from emulator.seam import replace


def _dispose(_: FakeDeleteMarker, garbage: bool = False) -> None:
    """A marker holds nothing."""


def install() -> None:
    replace(FakeBucket, "get_permission", lambda *_: PermissionResult.NEUTRAL)
    setattr(FakeDeleteMarker, "dispose", _dispose)  # noqa: B010 - it has none, says mypy
