"""Every way `mlteam` can end badly: one class per exit code, one table of codes.

A message says what, the value given, what is allowed and the cure; lower case, no full stop.
"""

from typing import ClassVar


class MlteamError(Exception):
    """A step failed; `cure` is the command or the edit that mends it."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, cure: str = "") -> None:
        super().__init__(f"{message}\n  cure: {cure}" if cure else message)


class UsageError(MlteamError):
    """Bad arguments, settings or files given by the caller."""

    exit_code = 2


class CredentialsError(MlteamError):
    """AWS does not know the caller, or the tracking server refuses them."""

    exit_code = 3


class ResourceError(MlteamError):
    """Something of the platform did not do its part: a service, a job, a host."""

    exit_code = 4


class GateError(MlteamError):
    """A gate said no: the numbers are not good enough, or not numbers."""

    exit_code = 5


class NoStackError(MlteamError):
    """There is no such stack, or it has not been set up yet."""

    exit_code = 6


class DriftError(MlteamError):
    """What is there is not what was recorded: a digest, a deployment, an approval of something else."""

    exit_code = 7


class RefusedError(MlteamError):
    """Refused, cancelled, or held by somebody else."""

    exit_code = 8


class StepTimeoutError(MlteamError):
    """It took longer than it may."""

    exit_code = 9


ERRORS: tuple[type[MlteamError], ...] = (
    MlteamError,
    UsageError,
    CredentialsError,
    ResourceError,
    GateError,
    NoStackError,
    DriftError,
    RefusedError,
    StepTimeoutError,
)
"""One class per exit code; the README's table and `mlteam --help` are derived from it."""
