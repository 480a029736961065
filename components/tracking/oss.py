"""tracking/oss: an MLflow server on the host. SQLite on the data volume, backed up to S3; artifacts proxied to S3.

Its settings are those that security.md's MLflow section demands; each was tried on 3.17.2.
"""

import re
from functools import partial
from typing import Final

from pulumi import Output, ResourceOptions

from components.base import PlatformComponent
from components.shared import policies
from components.shared.contract import ServiceSpec
from components.shared.statements import Statement
from components.tracking.contract import TrackingArgs, TrackingOutputs
from components.variants import Variant

PORT: Final = 5000
SERVICE: Final = "mlflow"
USERNAME: Final = "admin"
DATABASES: Final = ("mlflow.db", "basic_auth.db")
PASSWORD: Final = "admin-password"  # noqa: S105 - the name of a parameter
SESSION_KEY: Final = "flask-secret-key"
START_SECONDS: Final = 240
"""Some 10 s on two idle cores; the first start on a small host also migrates the database."""

AUTH_INI: Final = f"""[mlflow]
default_permission = NO_PERMISSIONS
database_uri = sqlite:///${{DATA_FOLDER}}/basic_auth.db
admin_username = {USERNAME}
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
grant_default_workspace_access = false
auth_cache_ttl_seconds = 60
"""
"""A minute of cached logins: basic auth costs 0.18 s a request without; a changed password works at once in the one
worker that there is."""


def command(artifact_bucket: str) -> str:
    """One worker, because SQLite has one writer; uvicorn, because the other servers lose the security middleware."""
    return (
        f"python -m components.shared.files.mlflow_server --host ${{HOST_ADDRESS}} --port {PORT} --workers 1"
        f" --app-name basic-auth --backend-store-uri sqlite:///${{DATA_FOLDER}}/mlflow.db"
        f" --serve-artifacts --artifacts-destination s3://{artifact_bucket}/mlflow"
    )


def environment(artifact_bucket: str) -> dict[str, str]:
    hosts = [f"{name}:{PORT}" for name in ("${HOST_ADDRESS}", "localhost", "127.0.0.1")]
    return {
        "MLFLOW_SERVER_ALLOWED_HOSTS": ",".join(hosts),
        "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": ",".join(f"http://{host}" for host in hosts[1:]),
        "MLFLOW_AUTH_CONFIG_PATH": "${CONFIG_FOLDER}/basic_auth.ini",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_CREATE_MODEL_VERSION_SOURCE_VALIDATION_REGEX": (
            f"^(mlflow-artifacts:/|models:/|s3://{re.escape(artifact_bucket)}/)"
        ),
        "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
        "MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }


def _variable(key: str, artifact_bucket: str) -> str:
    return environment(artifact_bucket)[key]


def backup(verb: str, artifact_bucket: str) -> str:
    files = " ".join(f"--database {name}" for name in DATABASES)
    return (
        f"python -m components.shared.files.sqlite_backup {verb} --folder ${{DATA_FOLDER}}"
        f" --to s3://{artifact_bucket}/backup/{SERVICE}/ {files}"
    )


class OssTracking(PlatformComponent[TrackingOutputs[Output[str]]]):
    """Creates nothing of its own: a service for the host. Costs what the host costs."""

    def __init__(self, name: str, args: TrackingArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__(name, args.context, opts, variant=Variant.OSS)
        self._password = args.context.naming.parameter(SERVICE, PASSWORD)
        self._session_key = args.context.naming.parameter(SERVICE, SESSION_KEY)
        self.services = (self._service(args),)
        self.host_statements = self._statements(args)
        self.client_statements = self.reader_statements = self._client_statements(args)
        self.publish(
            TrackingOutputs(
                variant=Variant.OSS.value,
                tracking_uri=args.host_address.apply(lambda address: f"http://{address}:{PORT}"),
                username=USERNAME,
                password_parameter=self._password,
            )
        )

    def _service(self, args: TrackingArgs) -> ServiceSpec[Output[str]]:
        bucket = args.artifact_bucket
        return ServiceSpec(
            name=SERVICE,
            command=bucket.apply(command),
            port=PORT,
            health_path="/health",
            data_folder=SERVICE,
            environment={key: bucket.apply(partial(_variable, key)) for key in environment("")},
            secrets={
                "MLFLOW_AUTH_ADMIN_PASSWORD": self._password,
                "MLFLOW_FLASK_SERVER_SECRET_KEY": self._session_key,
            },
            files={"basic_auth.ini": Output.from_input(AUTH_INI)},
            backup_command=bucket.apply(lambda name: backup("backup", name)),
            restore_command=bucket.apply(lambda name: backup("restore", name)),
            start_seconds=START_SECONDS,
        )

    def _statements(self, args: TrackingArgs) -> Output[tuple[Statement, ...]]:
        region, names = args.context.region, (self._password, self._session_key)
        return Output.all(args.artifact_bucket, args.context.account_id).apply(
            lambda known: (
                *policies.own_prefix("MlflowArtifacts", known[0], "mlflow/", "s3:DeleteObject"),
                policies.own_secrets("MlflowSecrets", region, known[1], names),
            )
        )

    def _client_statements(self, args: TrackingArgs) -> Output[tuple[Statement, ...]]:
        """To log in; artifacts go through the server."""
        region, names = args.context.region, (self._password,)
        return args.context.account_id.apply(
            lambda account: (policies.read_parameters("TrackingLogin", region, account, names),)
        )
