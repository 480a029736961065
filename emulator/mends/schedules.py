"""EventBridge Scheduler as AWS has it: a group that is not there is the caller's error.

moto 5.2.5 ends in a KeyError of its own.
"""

from moto.scheduler.models import scheduler_backends
from moto.scheduler.responses import EventBridgeSchedulerResponse

from emulator.seam import AwsError, Call, answer


class Schedules:
    def install(self) -> None:
        answer(EventBridgeSchedulerResponse, "DeleteScheduleGroup", self.delete_group)

    def delete_group(self, call: Call) -> None:
        name = call.parameters["Name"]
        if name not in scheduler_backends[call.account_id][call.region].schedule_groups:
            raise AwsError("ResourceNotFoundException", f"Schedule group {name} does not exist.")
        call.proceed()
