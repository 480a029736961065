"""SageMaker: jobs and models with the role that they run under, and the data plane of a managed MLflow app."""

from collections.abc import Iterator
from typing import Final

from emulator.access.checks import Call, Check, Need, Table, on, passed

SERVICE: Final = "sagemaker.amazonaws.com"
NOT_AUTHORIZED: Final = "Request is not authorized"
"""All that AWS says in place of an app's own API, as its users report."""


def _training_job(call: Call) -> Iterator[Need]:
    arn = call.arn("sagemaker", f"training-job/{call.parameters['TrainingJobName'].lower()}")
    yield Check("sagemaker:CreateTrainingJob", arn)
    yield from passed(call.parameters["RoleArn"], SERVICE, arn)


def _model(call: Call) -> Iterator[Need]:
    arn = call.arn("sagemaker", f"model/{call.parameters['ModelName'].lower()}")
    yield Check("sagemaker:CreateModel", arn)
    if call.parameters.get("ExecutionRoleArn"):
        yield from passed(call.parameters["ExecutionRoleArn"], SERVICE, arn)


def _app(call: Call) -> Iterator[Check]:
    """Whether the role trusts SageMaker is asked when the app is made."""
    yield Check("sagemaker:CreateMlflowApp", call.arn("sagemaker", "mlflow-app/*"))
    yield Check("iam:PassRole", call.parameters["RoleArn"], {"iam:passedtoservice": SERVICE})


def mlflow_call(app_arn: str) -> Check:
    """One action for the whole of MLflow's own REST API, on the app that a request's header names."""
    return Check("sagemaker:CallMlflowAppApi", app_arn)


TABLE: Final[Table] = {
    "CreateTrainingJob": _training_job,
    "CreateModel": _model,
    "CreateMlflowApp": _app,
    "DescribeMlflowApp": on("sagemaker:DescribeMlflowApp", lambda call: str(call.parameters["Arn"])),
}
