"""An MLflow App of the emulated AWS: one real server, made, asked, refused and ended by real clients."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.processes import having

pytestmark = pytest.mark.slow

LOG_AND_READ = """
import json, mlflow
mlflow.set_experiment("first")
with mlflow.start_run() as run:
    for step in range(3):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
    mlflow.log_text("a model", "model/MLmodel")
client = mlflow.MlflowClient()
history = client.get_metric_history(run.info.run_id, "loss")
print(json.dumps({"root": run.info.artifact_uri, "run": run.info.run_id, "steps": [each.step for each in history]}))
"""


class App:
    """The app of this module, and calls to it that Amazon's client would not make."""

    def __init__(self, cloud: Any, arn: str) -> None:
        self.cloud, self.arn = cloud, arn
        self.sagemaker = cloud.client("sagemaker")

    @property
    def status(self) -> str:
        return str(self.sagemaker.describe_mlflow_app(Arn=self.arn)["Status"])

    def call(self, arn: str = "", scope: str = "us-east-1/sagemaker") -> tuple[int, str]:
        url = f"{self.cloud.endpoints['aws_endpoint_url']}/api/2.0/mlflow/experiments/search?max_results=1"
        request = urllib.request.Request(url, headers={"X-Sm-Mlflow-App-Arn": arn or self.arn})
        if scope:
            signature = f"AWS4-HMAC-SHA256 Credential=x/20260101/{scope}/aws4_request, SignedHeaders=host, Signature=0"
            request.add_header("Authorization", signature)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


@pytest.fixture(scope="module")
def new(cloud: Any) -> App:
    """An app that is being made."""
    return App(cloud, cloud.mlflow_app("experiments"))


@pytest.fixture(scope="module")
def app(new: App, wait_for: Callable[..., Any]) -> App:
    wait_for("the app", lambda: new.status == "Created", 120)
    return new


def refused(operation: Callable[..., Any], **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        operation(**parameters)
    return str(caught.value.response["Error"]["Code"])


def test_while_it_is_made_it_is_neither_changed_nor_ended_nor_called(new: App) -> None:
    assert new.status == "Creating", "it was ready at once, so nothing was tested"
    assert refused(new.sagemaker.update_mlflow_app, Arn=new.arn, Name="other") == "ConflictException"
    assert refused(new.sagemaker.delete_mlflow_app, Arn=new.arn) == "ConflictException"
    assert refused(new.sagemaker.create_presigned_mlflow_app_url, Arn=new.arn) == "ConflictException"
    assert new.call()[0] == 503
    assert new.status == "Creating"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"RoleArn": "arn:aws:iam::000000000000:role/nobody"}, "ValidationException"),
        ({"RoleArn": "arn:aws:iam::000000000000:role/of-ec2"}, "ValidationException"),
        ({"ArtifactStoreUri": "s3://no-such-bucket/runs"}, "ValidationException"),
        ({"ArtifactStoreUri": "experiments-store"}, "ValidationException"),
        ({"Name": "-experiments"}, "ValidationException"),
        ({"Name": "experiments"}, "ConflictException"),
    ],
)
def test_what_could_not_work_is_refused(
    new: App, trust: Callable[[str], str], changes: dict[str, str], code: str
) -> None:
    iam = new.cloud.client("iam")
    if "of-ec2" not in [role["RoleName"] for role in iam.list_roles()["Roles"]]:
        iam.create_role(RoleName="of-ec2", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    good = {
        "Name": "another",
        "RoleArn": "arn:aws:iam::000000000000:role/test/experiments",
        "ArtifactStoreUri": "s3://experiments-store/runs",
    }
    assert refused(new.sagemaker.create_mlflow_app, **{**good, **changes}) == code
    assert [each["Name"] for each in new.sagemaker.list_mlflow_apps()["Summaries"]] == ["experiments"]


def test_amazons_client_logs_by_the_arn_and_artifacts_go_to_the_store_directly(app: App) -> None:
    url = app.cloud.endpoints["aws_endpoint_url"]
    environment = {
        "AWS_ACCESS_KEY_ID": "tester",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": url,
        "SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT": url,
        "MLFLOW_TRACKING_URI": app.arn,
    }
    done = subprocess.run([sys.executable, "-c", LOG_AND_READ], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["steps"] == [0, 1, 2]
    bucket, _, prefix = said["root"].removeprefix("s3://").partition("/")
    assert (bucket, prefix.split("/")[0]) == ("experiments-store", "runs")
    stored = app.cloud.client("s3").get_object(Bucket=bucket, Key=f"{prefix}/model/MLmodel")
    assert stored["Body"].read() == b"a model"
    page = app.sagemaker.create_presigned_mlflow_app_url(Arn=app.arn)["AuthorizedUrl"]
    shown = f"{page}get-artifact?path=model/MLmodel&run_uuid={said['run']}"
    with urllib.request.urlopen(shown) as answer:  # the server reads it with the rights of the app's role
        assert answer.read() == b"a model"


def test_a_call_needs_a_signature_for_sagemaker_in_the_apps_region_and_an_app(app: App) -> None:
    assert app.call()[0] == 200
    for scope in ("", "us-east-1/s3", "eu-west-1/sagemaker"):
        assert app.call(scope=scope) == (403, '{"message": "Request is not authorized"}'), scope
    status, text = app.call(arn=f"{app.arn}X")
    assert (status, json.loads(text)) == (404, {"message": f"there is no MLflow App {app.arn}X"})


def test_a_presigned_url_shows_the_pages_to_a_browser_on_this_machine(app: App) -> None:
    url = app.sagemaker.create_presigned_mlflow_app_url(Arn=app.arn)["AuthorizedUrl"]
    with urllib.request.urlopen(url) as answer:
        assert "<title>MLflow</title>" in answer.read().decode()


def test_tags_of_an_app_and_of_what_moto_keeps_do_not_mix(app: App) -> None:
    app.sagemaker.add_tags(ResourceArn=app.arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    app.sagemaker.delete_tags(ResourceArn=app.arn, TagKeys=["a"])
    group = app.sagemaker.create_model_package_group(ModelPackageGroupName="models", Tags=[{"Key": "c", "Value": "3"}])[
        "ModelPackageGroupArn"
    ]
    assert app.sagemaker.list_tags(ResourceArn=app.arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    assert app.sagemaker.list_tags(ResourceArn=group)["Tags"] == [{"Key": "c", "Value": "3"}]


def test_it_is_gone_when_its_processes_are(app: App, wait_for: Callable[..., Any]) -> None:
    folder = app.cloud.directory / "apps" / app.arn.rpartition("/")[2]
    assert having("HOME", str(folder)), "its server is not found, so nothing was tested"
    app.sagemaker.delete_mlflow_app(Arn=app.arn)
    wait_for("its end", lambda: app.sagemaker.list_mlflow_apps()["Summaries"] == [])
    assert refused(app.sagemaker.describe_mlflow_app, Arn=app.arn) == "ResourceNotFound"
    assert not having("HOME", str(folder))
    assert not folder.exists()
    assert app.call()[0] == 404
