"""serving/oss: the project's model server on the host. Which models it serves is the workflow's to write, in S3."""

from typing import Final

from pulumi import Output, ResourceOptions

from components.base import PlatformComponent
from components.serving.contract import ServingArgs, ServingOutputs
from components.shared import policies
from components.shared.contract import ServiceSpec
from components.shared.statements import Statement
from components.variants import Duty, Variant

PORT: Final = 8080
"""As SageMaker's containers have it."""
SERVICE: Final = "model-server"
DEPLOYMENT: Final = "serving/deployment.json"
MODELS: Final = "serving/models/"


def command(artifact_bucket: str) -> str:
    return (
        f"python -m workflow.serving --deployment-uri s3://{artifact_bucket}/{DEPLOYMENT}"
        f" --models-uri s3://{artifact_bucket}/{MODELS} --host ${{HOST_ADDRESS}} --port {PORT}"
    )


def server_statements(artifact_bucket: str) -> tuple[Statement, ...]:
    """Models are code: the box that loads them reads what is deployed and nothing else. Who evaluates reads the same,
    to compare with the champion."""
    objects = Statement(
        sid="ReadDeployed", actions=("s3:GetObject",), resources=(f"arn:aws:s3:::{artifact_bucket}/serving/*",)
    )
    return (objects, policies.list_prefixes("ListDeployed", artifact_bucket, "serving/"))


def deploy_statements(artifact_bucket: str) -> tuple[Statement, ...]:
    """Bring a model and want it to be served: the two writes of a deployment."""
    objects = Statement(
        sid="Deploy", actions=policies.OBJECT_WRITE, resources=(f"arn:aws:s3:::{artifact_bucket}/serving/*",)
    )
    return (*server_statements(artifact_bucket), objects)


class OssServing(PlatformComponent[ServingOutputs[Output[str]]]):
    """Creates nothing of its own: a service for the host, healthy before there is a model. Costs its host."""

    def __init__(self, name: str, args: ServingArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__(name, args.context, opts, variant=Variant.OSS)
        bucket = args.artifact_bucket
        self.services = (
            ServiceSpec(
                name=SERVICE,
                command=bucket.apply(command),
                port=PORT,
                health_path="/ping",
                data_folder=SERVICE,
                environment={
                    "MLFLOW_DISABLE_TELEMETRY": Output.from_input("true"),
                    # A request is a few rows: two threads of BLAS cost twice the CPU of one and answer no sooner.
                    "OMP_NUM_THREADS": Output.from_input("1"),
                },
            ),
        )
        self.host_statements = bucket.apply(server_statements)
        self.duty_statements = {
            Duty.DEVELOPER: bucket.apply(server_statements),
            Duty.DEPLOYER: bucket.apply(deploy_statements),
        }
        self.publish(
            ServingOutputs(
                variant=Variant.OSS.value,
                url=args.host_address.apply(lambda address: f"http://{address}:{PORT}"),
                deployment_uri=bucket.apply(lambda name: f"s3://{name}/{DEPLOYMENT}"),
                models_uri=bucket.apply(lambda name: f"s3://{name}/{MODELS}"),
            )
        )
