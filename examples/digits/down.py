"""`make down`: destroy the local stack, end every process, and check that nothing is left of either."""

import sys

from examples.digits.demo import client, console
from stacks.local import LocalPlatform
from workflow.errors import MlteamError, NoStackError, ResourceError

STATES_OF_THE_DEAD = ("terminated",)


def leftovers(platform: LocalPlatform) -> list[str]:
    """What the stack's destroy should have taken along: anything with its tag, any bucket, any MLflow App, any
    running instance."""
    filters = [{"Key": "mlteam:stack", "Values": [platform.stack]}]
    tagged = client(platform, "resourcegroupstaggingapi").get_resources(TagFilters=filters)["ResourceTagMappingList"]
    buckets = client(platform, "s3").list_buckets()["Buckets"]
    reservations = client(platform, "ec2").describe_instances()["Reservations"]
    instances = [each for reservation in reservations for each in reservation["Instances"]]
    dead = {each["InstanceId"] for each in instances if each["State"]["Name"] in STATES_OF_THE_DEAD}
    return [
        *(each["ResourceARN"] for each in tagged if each["ResourceARN"].rsplit("/", 1)[-1] not in dead),
        *(f"bucket {bucket['Name']}" for bucket in buckets),
        *(f"MLflow App {app['Name']}" for app in client(platform, "sagemaker").list_mlflow_apps()["Summaries"]),
        *(f"instance {each['InstanceId']}" for each in instances if each["InstanceId"] not in dead),
    ]


def run(platform: LocalPlatform) -> None:
    """Destroy, check, stop. A platform whose AWS is gone has only its files left to remove."""
    try:
        platform.endpoints()
    except NoStackError:
        found = "removing what it left" if platform.is_left else "nothing is left of one"
        console.print(f"down: no local platform is running; {found}")
        platform.stop()
        return
    left = destroy(platform) if platform.state_directory.exists() else []
    platform.stop()
    if left:
        raise ResourceError(
            f"every process has ended and the emulated AWS is gone with all it held, but before that {'; '.join(left)}",
            cure="`mlteam recover` may have left an app; anything else is a fault of the program or of the emulator",
        )
    console.print("down: the stack is destroyed, no resource and no process is left")


def destroy(platform: LocalPlatform) -> list[str]:
    """What went wrong, in a few words each; nothing if the destroy took everything along."""
    answer = platform.pulumi("destroy", "--yes", "--skip-preview", "--stack", platform.stack, check=False)
    if answer.returncode:
        return [f"pulumi destroy ended with exit code {answer.returncode}"]
    return [f"destroy had left {each}" for each in leftovers(platform)]


if __name__ == "__main__":
    try:
        run(LocalPlatform())
    except MlteamError as error:
        console.print(f"down: {error}", style="red", markup=False)
        sys.exit(error.exit_code)
