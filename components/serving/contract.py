"""The contract of `serving`: where predictions are asked for and where the wanted deployment is written."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class ServingOutputs(Generic[T]):
    """`url` answers /ping and /invocations; `deployment_uri` is the S3 object that says which models are
    wanted with which weights (the one control-plane write of a deployment); `models_uri` is the S3 prefix
    of the digest-named model archives that the server may load."""

    variant: str
    url: T
    deployment_uri: T
    models_uri: T
