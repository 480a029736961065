"""Other people's exceptions as ours, so that each gets its exit code and one clean message.

Imports nothing of theirs: an exception's own module says where it comes from.
"""

from typing import Final

from workflow.errors import CredentialsError, MlteamError, RefusedError, ResourceError, UsageError

CREDENTIAL_ERRORS: Final = frozenset(
    {"NoCredentialsError", "PartialCredentialsError", "TokenRetrievalError", "SSOTokenLoadError"}
    | {"UnauthorizedSSOTokenError", "CredentialRetrievalError", "ProfileNotFound"}
)
CREDENTIAL_CODES: Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "ExpiredToken", "ExpiredTokenException"}
    | {"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "AuthFailure", "403"}
    | {"InvalidAccessKeyId", "InvalidToken", "RequestExpired", "MissingAuthenticationToken"}
)
UNREACHABLE: Final = frozenset(
    {"EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "ConnectionClosedError"}
)
TRACKING_CODES: Final = frozenset({"UNAUTHENTICATED", "CUSTOMER_UNAUTHORIZED", "PERMISSION_DENIED"})
"""MLflow's names of 401 and 403."""
UNAUTHORIZED: Final = "Request is not authorized"
"""What AWS answers in place of a managed MLflow, without a code of MLflow's, to a caller who lacks the right."""
CREDENTIALS_CURE: Final = "aws sts get-caller-identity   (then `aws sso login`, or another AWS_PROFILE)"


def translate(error: BaseException) -> MlteamError | None:
    """Ours, or None where it is a bug and its traceback is what helps."""
    if isinstance(error, MlteamError):
        return error
    if isinstance(error, KeyboardInterrupt):
        return RefusedError("interrupted")
    name = type(error).__name__
    if type(error).__module__.startswith("botocore"):
        return _of_botocore(name, error)
    if type(error).__module__.startswith("mlflow") and str(error).endswith(UNAUTHORIZED):
        return CredentialsError(f"AWS refuses the caller of MLflow: {error}", cure=CREDENTIALS_CURE)
    if type(error).__module__.startswith("mlflow") and getattr(error, "error_code", "") in TRACKING_CODES:
        return CredentialsError(f"the tracking server refuses the caller: {error}", cure='eval "$(mlteam env)"')
    if isinstance(error, OSError):
        return MlteamError(f"{error.strerror or error}: {error.filename}" if error.filename else str(error))
    return None


def _of_botocore(name: str, error: BaseException) -> MlteamError:
    if name in CREDENTIAL_ERRORS:
        return CredentialsError(f"no AWS credentials: {error}", cure=CREDENTIALS_CURE)
    if name == "NoRegionError":
        return UsageError("no AWS region given", cure="export AWS_DEFAULT_REGION=us-east-1")
    if name in UNREACHABLE:
        return ResourceError(f"AWS does not answer: {error}", cure="is AWS_ENDPOINT_URL right, the emulator alive?")
    answer = getattr(error, "response", {}).get("Error", {})
    if answer.get("Code") in CREDENTIAL_CODES:
        return CredentialsError(f"AWS refuses the caller: {error}", cure=CREDENTIALS_CURE)
    return ResourceError(f"AWS: {error}")
