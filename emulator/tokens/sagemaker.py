"""Rows of SageMaker: the serverless MLflow app."""

from typing import Final

from emulator.rows import Call, Kind, Property, Row, Tags


def _both(member: str) -> tuple[str, str]:
    return (f"CreateMlflowApp.{member}", f"UpdateMlflowApp.{member}")


MLFLOW_APP = Row(
    "aws:sagemaker/mlflowApp:MlflowApp",
    "sagemaker",
    cloudformation="AWS::SageMaker::MlflowApp",
    properties={
        "name": Property("CreateMlflowApp.Name", replaces=True),
        "artifactStoreUri": Property(_both("ArtifactStoreUri"), required=True),
        "roleArn": Property("CreateMlflowApp.RoleArn", kind=Kind.ARN, required=True, replaces=True),
        "modelRegistrationMode": Property(_both("ModelRegistrationMode")),
        "weeklyMaintenanceWindowStart": Property(_both("WeeklyMaintenanceWindowStart")),
        "accountDefaultStatus": Property(_both("AccountDefaultStatus")),
        "defaultDomainIdLists": Property(_both("DefaultDomainIdList")),
    },
    id="Arn",
    create=(
        Call("CreateMlflowApp", {"Tags": "_.tag_list"}),
        Call(
            "DescribeMlflowApp",
            {"Arn": "_.id"},
            until="Status == 'Created'",
            fails="Status == 'CreateFailed' && Status",
        ),
    ),
    read=(
        Call("DescribeMlflowApp", {"Arn": "_.id"}, select="[@][?Status != 'Deleted'] | [0]"),
        Call("ListTags", {"ResourceArn": "_.id"}, into="tagging"),
    ),
    update=(
        Call("UpdateMlflowApp", {"Arn": "_.id"}),
        Call(
            "DescribeMlflowApp",
            {"Arn": "_.id"},
            until="contains(['Created', 'Updated'], Status)",
            fails="Status == 'UpdateFailed' && Status",
        ),
    ),
    delete=(Call("DeleteMlflowApp", {"Arn": "_.id"}),),
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

_NEWER: Final = "newer than the schema"
DIFFERENCES = {
    MLFLOW_APP.token: {"absent accountDefaultStatus": _NEWER, "absent defaultDomainIdLists": _NEWER},
}
