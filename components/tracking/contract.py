"""The contract of `tracking`: where runs and models are recorded, and how a client proves who it is."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class TrackingOutputs(Generic[T]):
    """`tracking_uri` is what MLFLOW_TRACKING_URI takes: an http URL, or the ARN of a managed app.

    `username` and `password_parameter` (the name of an SSM SecureString) are empty where requests are
    signed with the caller's AWS identity instead.
    """

    variant: str
    tracking_uri: T
    username: str
    password_parameter: str
