"""Training on an EC2 spot machine from the stack's launch template; the machine ends itself when the job is done.

Tries every instance type in every subnet until one has capacity. The machine is found again by its tag `mlteam:job`.
"""

import hashlib
import time
from typing import Any, Final

from components.platform import Platform
from workflow.aws import Aws
from workflow.errors import ResourceError
from workflow.progress import Progress
from workflow.training.job import Job

NO_CAPACITY: Final = frozenset(
    {"InsufficientInstanceCapacity", "InsufficientCapacity", "SpotMaxPriceTooLow", "MaxSpotInstanceCountExceeded"}
    | {"Unsupported", "InsufficientHostCapacity"}
)
"""Another type or zone may still do. `Unsupported`: this zone does not offer the type."""
ALIVE: Final = ("pending", "running")
JOB_TAG: Final = "mlteam:job"
SETTLING_SECONDS: Final = 60.0
"""EC2 may not know a new instance for a moment."""
LOOK_SECONDS: Final = 15.0
LOOK_AGAIN_SECONDS: Final = 1.0


class Ec2Place:
    """One machine for one job."""

    def __init__(self, aws: Aws, platform: Platform[str], progress: Progress) -> None:
        self._client = aws.client("ec2")
        self._platform = platform
        self._progress = progress
        self._instance_id = ""
        self._started = 0.0
        self._asked_for: Job | None = None
        """The job of a request that EC2 has not answered: a machine may run whose id nobody knows."""

    def find(self, job: Job, /) -> bool:
        found = self._machines(job)
        if found:
            self._adopt(found[0])
            self._progress.say(f"job {job.id} runs already on {self._instance_id}")
        return bool(found)

    def start(self, job: Job, attempt: int, /) -> None:
        """ResourceError when no type has capacity anywhere, naming each refusal."""
        refusals = []
        training = self._platform.training
        for instance_type in training.instance_types:
            for subnet_id in training.subnet_ids:
                refusal = self._try(job, attempt, instance_type, subnet_id)
                if not refusal:
                    return
                refusals.append(f"{instance_type} in {subnet_id}: {refusal}")
        raise ResourceError(
            f"no machine for job {job.id}: {'; '.join(refusals)}",
            cure="try again later, add types to mlteam:trainingInstanceTypes, or: mlteam train --where process",
        )

    def gone_because(self) -> str:
        try:
            answer = self._client.describe_instances(InstanceIds=[self._instance_id])
        except self._client.exceptions.ClientError as error:
            is_new = time.monotonic() - self._started < SETTLING_SECONDS
            if error.response["Error"]["Code"] == "InvalidInstanceID.NotFound" and is_new:
                return ""
            raise
        found = [each for reservation in answer["Reservations"] for each in reservation["Instances"]]
        if not found:
            return f"{self._instance_id} is gone"
        state = found[0]["State"]["Name"]
        reason = found[0].get("StateReason", {}).get("Message") or found[0].get("StateTransitionReason", "")
        return "" if state in ALIVE else f"{self._instance_id} is {state} ({reason or 'no reason given'})"

    def finish(self) -> None:
        """Nothing: the machine uploads its log, then shuts itself down, and with that terminates."""

    def stop(self) -> None:
        """Also a machine whose start was interrupted before its id was known: it is looked for by its tag."""
        machines = [self._instance_id] if self._instance_id else self._unanswered()
        if machines:
            self._client.terminate_instances(InstanceIds=machines)

    def _unanswered(self) -> list[str]:
        if (job := self._asked_for) is None:
            return []
        deadline = time.monotonic() + LOOK_SECONDS
        while not (found := self._machines(job)) and time.monotonic() < deadline:
            time.sleep(LOOK_AGAIN_SECONDS)
        if not found:
            limit = self._platform.training.max_runtime_seconds
            self._progress.warn(
                f"no machine of job {job.id} was found; one that starts yet ends itself after {limit} s"
            )
        return found

    def _machines(self, job: Job) -> list[str]:
        """The ids of those that run the job."""
        filters = [
            {"Name": f"tag:{JOB_TAG}", "Values": [job.id]},
            {"Name": "tag:mlteam:stack", "Values": [self._platform.stack]},
            {"Name": "instance-state-name", "Values": list(ALIVE)},
        ]
        answer = self._client.describe_instances(Filters=filters)
        return [each["InstanceId"] for part in answer["Reservations"] for each in part["Instances"]]

    def _try(self, job: Job, attempt: int, instance_type: str, subnet_id: str) -> str:
        """Empty when it started, else why not."""
        token = hashlib.sha256(f"{job.id} {attempt} {instance_type} {subnet_id}".encode()).hexdigest()
        self._asked_for = job
        try:
            answer = self._client.run_instances(
                LaunchTemplate={"LaunchTemplateId": self._platform.training.launch_template_id, "Version": "$Default"},
                InstanceType=instance_type,
                SubnetId=subnet_id,
                MinCount=1,
                MaxCount=1,
                ClientToken=token,  # a request that is sent twice starts one machine
                TagSpecifications=[{"ResourceType": "instance", "Tags": self._tags(job)}],
            )
        except self._client.exceptions.ClientError as error:
            self._asked_for = None
            if error.response["Error"]["Code"] not in NO_CAPACITY:
                raise
            return str(error.response["Error"]["Code"])
        self._adopt(answer["Instances"][0]["InstanceId"])
        self._progress.say(f"job {job.id} starts on {self._instance_id} ({instance_type}, spot)")
        return ""

    def _adopt(self, instance_id: str) -> None:
        self._instance_id, self._started = instance_id, time.monotonic()

    def _tags(self, job: Job) -> list[dict[str, Any]]:
        tags = {
            JOB_TAG: job.id,
            "Name": f"{self._platform.project}-{self._platform.stack}-training",
            "mlteam:project": self._platform.project,
            "mlteam:stack": self._platform.stack,
            "mlteam:component": "training",
            "mlteam:variant": "oss",
        }
        return [{"Key": key, "Value": value} for key, value in tags.items()]
