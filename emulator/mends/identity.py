"""Who is calling.

moto 5.2.5 answers `user/moto` for any key that it did not make. AWS would refuse an unknown key. A laptop has no keys:
here a caller is the IAM user named like its access key id, so that two people (or a person and a pipeline) are told
apart by `AWS_ACCESS_KEY_ID`. What such a user may do, and who may become whom: `emulator/access`. And moto forgets
policies that a session is given by their ARN; here they are refused, so that no session has more rights than it asked.
It gives a session of any length; AWS none longer than the role says, nor than an hour from one role to the next (STS,
AssumeRole, read 2026-11).
It lists the instance profiles of every path, whatever was asked; AWS those below the path.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from moto.iam.models import iam_backends
from moto.iam.responses import IamResponse
from moto.sts.models import sts_backends
from moto.sts.responses import TokenResponse

from emulator.seam import AwsError, Call, answer

CHAINED_SECONDS: Final = 3600
NOT_IN_NAMES: Final = re.compile(r"[^\w+=,.@-]")


def user_name(access_key: str) -> str:
    """Of the user that a key stands for which nobody made."""
    return NOT_IN_NAMES.sub("-", access_key)


def _caller(call: Call) -> Mapping[str, Any] | None:
    backend = sts_backends[call.account_id]["aws"]
    known = backend.get_assumed_role_from_access_key(call.access_key)
    if known or iam_backends[call.account_id]["aws"].get_user_from_access_key_id(call.access_key):
        call.proceed()
        return None
    name = user_name(call.access_key)
    arn = f"arn:aws:iam::{call.account_id}:user/{name}"
    return {"UserId": f"AIDA{name.upper()}", "Account": call.account_id, "Arn": arn}


def _assume(call: Call) -> None:
    if call.parameters.get("PolicyArns"):
        raise AwsError(
            "ValidationError", "the emulated AWS takes a session's policy by `Policy` only, not `PolicyArns`"
        )
    limit, why = _longest_session(call)
    if int(call.parameters.get("DurationSeconds") or 0) > limit:
        raise AwsError("ValidationError", f"The requested DurationSeconds exceeds the {why}.")
    call.proceed()


def _longest_session(call: Call) -> tuple[int, str]:
    """Seconds, and what sets them."""
    if sts_backends[call.account_id]["aws"].get_assumed_role_from_access_key(call.access_key):
        return CHAINED_SECONDS, "1 hour session limit for roles assumed by role chaining"
    roles = iam_backends[call.account_id]["aws"].roles.values()
    longest = next((role.max_session_duration for role in roles if role.arn == call.parameters["RoleArn"]), None)
    return int(longest or CHAINED_SECONDS), "MaxSessionDuration set for this role"


def _profiles(call: Call) -> Mapping[str, Any]:
    prefix = call.parameters.get("PathPrefix") or "/"
    found = iam_backends[call.account_id]["aws"].get_instance_profiles()
    return {"InstanceProfiles": [profile for profile in found if profile.path.startswith(prefix)]}


def install() -> None:
    answer(IamResponse, "ListInstanceProfiles", _profiles)
    answer(TokenResponse, "GetCallerIdentity", _caller)
    answer(TokenResponse, "AssumeRole", _assume)
