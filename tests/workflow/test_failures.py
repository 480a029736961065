"""Errors of libraries, as people meet them: the right exit code and a cure."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, NoRegionError

from workflow.errors import CredentialsError, MlteamError, RefusedError, ResourceError, UsageError
from workflow.failures import translate


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "GetObject")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (NoCredentialsError(), CredentialsError),
        (client_error("AccessDenied"), CredentialsError),
        (client_error("ExpiredToken"), CredentialsError),
        (client_error("UnauthorizedOperation"), CredentialsError),
        (client_error("NoSuchBucket"), ResourceError),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), ResourceError),
        (NoRegionError(), UsageError),
        (KeyboardInterrupt(), RefusedError),
        (PermissionError(13, "Permission denied", "record.json"), MlteamError),
    ],
)
def test_a_foreign_error_becomes_ours(error: BaseException, kind: type[MlteamError]) -> None:
    assert type(translate(error)) is kind


@pytest.mark.slow  # the import alone takes a second
@pytest.mark.parametrize(("status", "kind"), [(401, CredentialsError), (403, CredentialsError), (404, type(None))])
def test_a_tracking_servers_refusal_is_known_by_its_code_and_not_by_its_words(status: int, kind: type) -> None:
    from mlflow.exceptions import MlflowException, get_error_code

    error = MlflowException("no run 401c3f", error_code=get_error_code(status))  # type: ignore[no-untyped-call]
    assert type(translate(error)) is kind


@pytest.mark.slow
def test_a_refusal_by_aws_in_place_of_a_managed_mlflow_is_one_of_the_caller() -> None:
    from mlflow.exceptions import RestException

    refusal = translate(RestException({"message": "Request is not authorized"}))  # type: ignore[no-untyped-call]
    assert type(refusal) is CredentialsError
    assert "sts get-caller-identity" in str(refusal)
    assert translate(RestException({"message": "disk full"})) is None  # type: ignore[no-untyped-call]


def test_a_bug_stays_a_bug() -> None:
    assert translate(KeyError("x")) is None


def test_ours_stays_as_it_is() -> None:
    error = UsageError("no")
    assert translate(error) is error
