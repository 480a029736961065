"""How a process becomes a client of the stack's MLflow: a server with a login, or an app that knows AWS identities.

MLflow's client takes what it needs from the environment; this says what that is, and imports nothing of MLflow's. The
app's requests are signed by Amazon's plugin `sagemaker-mlflow`, which MLflow finds by itself.
"""

import logging
import os
from collections.abc import Mapping
from typing import Final

from workflow.aws import Aws

URI: Final = "MLFLOW_TRACKING_URI"
USERNAME: Final = "MLFLOW_TRACKING_USERNAME"
PASSWORD: Final = "MLFLOW_TRACKING_PASSWORD"  # noqa: S105 - the name of a variable
LOGGING_LEVEL: Final = "MLFLOW_LOGGING_LEVEL"
VARIABLES: Final = frozenset({URI, USERNAME, PASSWORD, LOGGING_LEVEL})
"""All that is set here."""

NO_LINKS: Final = "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"
"""Of ours stdout is for results: MLflow prints where to look at a run when it ends one."""

RETRIES: Final = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"
"""How often a request is repeated: MLflow's own 7 take four minutes to say that a server is gone."""
NO_TELEMETRY: Final = "MLFLOW_DISABLE_TELEMETRY"
"""Without it MLflow leaves an id of the installation in the user's home, and asks the network."""

HEADERS_LOGGER: Final = "mlflow.tracking.request_header.registry"


def client_environment(aws: Aws, uri: str, username: str, password_parameter: str) -> dict[str, str]:
    """URI and, if there is one, the login. The password is fetched with the caller's own role, and lies in no file."""
    settings = {URI: uri}
    if password_parameter:
        answer = aws.client("ssm").get_parameter(Name=password_parameter, WithDecryption=True)
        settings |= {USERNAME: username, PASSWORD: answer["Parameter"]["Value"]}
    return settings


def become_client(settings: Mapping[str, str]) -> None:
    """This process; `settings` hold a client environment. A login of another server's does not stay."""
    for name in {USERNAME, PASSWORD} - settings.keys():
        os.environ.pop(name, None)
    os.environ.update(settings)
    os.environ |= {NO_LINKS: "true", NO_TELEMETRY: "true"}
    logging.getLogger(HEADERS_LOGGER).addFilter(_is_news)


def for_another_program(settings: Mapping[str, str]) -> dict[str, str]:
    """The same for a program of the team's, whose loggers are not ours to filter.

    With the plugin installed and a server at http, MLflow warns at each request (see `_is_news`): only a level that
    hides all of MLflow's warnings hides these. An app's clients have no such trouble, and keep theirs.
    """
    return {**settings, NO_TELEMETRY: "true", **({LOGGING_LEVEL: "ERROR"} if settings[URI].startswith("http") else {})}


def where_to_look(uri: str) -> str:
    """What people type when MLflow does not do its part."""
    if uri.startswith("arn:"):
        return f"aws sagemaker describe-mlflow-app --arn {uri} (and the caller needs sagemaker:CallMlflowAppApi on it)"
    return "mlteam wake; mlteam logs mlflow"


def _is_news(record: logging.LogRecord) -> bool:
    """The plugin takes every tracking URI for an ARN and fails on one that is none (sagemaker-mlflow 0.5.0,
    `mlflow_sagemaker_request_header_provider.py`); MLflow goes on without its headers, and says so each time."""
    return not (isinstance(record.args, tuple) and [type(each) for each in record.args] == [IndexError])
