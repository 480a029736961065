"""Rows of SageMaker: the MLflow App."""

from typing import Final

from emulator.rows import Call, Kind, Property, Row, Tags

_ARN: Final = {"Arn": "_.id"}


def _both(member: str) -> tuple[str, str]:
    return (f"CreateMlflowApp.{member}", f"UpdateMlflowApp.{member}")


MLFLOW_APP = Row(
    "aws:sagemaker/mlflowApp:MlflowApp",
    "sagemaker",
    cloudformation="AWS::SageMaker::MlflowApp",
    properties={
        "name": Property(_both("Name")),
        "artifactStoreUri": Property(_both("ArtifactStoreUri"), required=True),
        "roleArn": Property("CreateMlflowApp.RoleArn", kind=Kind.ARN, required=True, replaces=True),
        "modelRegistrationMode": Property(_both("ModelRegistrationMode"), default="AutoModelRegistrationDisabled"),
        "weeklyMaintenanceWindowStart": Property(_both("WeeklyMaintenanceWindowStart")),
        "accountDefaultStatus": Property(_both("AccountDefaultStatus")),
        "defaultDomainIdLists": Property(_both("DefaultDomainIdList"), unordered=True),
    },
    id="Arn",
    create=(
        Call("CreateMlflowApp", {"Tags": "_.tag_list"}),
        Call("DescribeMlflowApp", _ARN, until="Status == 'Created'", fails="Status == 'CreateFailed'"),
    ),
    read=(
        Call("DescribeMlflowApp", _ARN),
        Call("ListTags", {"ResourceArn": "_.id"}, into="tagging"),
    ),
    update=(
        Call("UpdateMlflowApp", _ARN),
        Call(
            "DescribeMlflowApp",
            _ARN,
            until="Status == 'Updated' || Status == 'Created'",
            fails="Status == 'UpdateFailed'",
        ),
    ),
    delete=(
        Call("DeleteMlflowApp", _ARN),
        Call("DescribeMlflowApp", _ARN, until="Status == 'Deleted'", fails="Status == 'DeleteFailed'"),
    ),
    outputs={"arn": "Arn"},
    gone=("ResourceNotFound",),
    name="name",
    name_limit=256,
    tags=Tags(
        read="tagging.Tags",
        set=Call("AddTags", {"ResourceArn": "_.id", "Tags": "_.tags_set"}),
        unset=Call("DeleteTags", {"ResourceArn": "_.id", "TagKeys": "_.tags_gone"}),
    ),
)

ROWS = (MLFLOW_APP,)

# Where a row and CloudFormation differ (`emulator.agreement`).
DIFFERENCES = {
    MLFLOW_APP.token: {
        "replaces name": "the API renames an app, and so does pulumi-aws",
        "absent accountDefaultStatus": "newer than the schema",
        "absent defaultDomainIdLists": "newer than the schema",
    },
}
