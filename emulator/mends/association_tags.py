"""Tags of SSM associations: moto 5.2.5 knows no associations, so it refuses to tag them.

They lie in the ledger's record, where CreateAssociation has put those that it was given.
"""

from collections.abc import Mapping
from typing import Any

from moto.ssm.responses import SimpleSystemManagerResponse

from emulator.ledger import Kind, Ledger
from emulator.seam import Answer, AwsError, Call, Record, answer

KIND = "Association"


class AssociationTags:
    """Other kinds of resources stay moto's."""

    def __init__(self, ledger: Ledger, kind: Kind) -> None:
        self._ledger, self._kind = ledger, kind

    def install(self) -> None:
        operations: dict[str, Answer] = {
            "AddTagsToResource": self.add,
            "RemoveTagsFromResource": self.remove,
            "ListTagsForResource": self.tell,
        }
        for operation, function in operations.items():
            answer(SimpleSystemManagerResponse, operation, function)

    def add(self, call: Call) -> Record | None:
        record = self._of(call)
        if record is None:
            return None
        record["Tags"] = _pairs({**_tags(record), **_tags(call.parameters)})
        return {}

    def remove(self, call: Call) -> Record | None:
        record = self._of(call)
        if record is None:
            return None
        gone = call.parameters["TagKeys"]
        record["Tags"] = _pairs({key: value for key, value in _tags(record).items() if key not in gone})
        return {}

    def tell(self, call: Call) -> Record | None:
        record = self._of(call)
        return None if record is None else {"TagList": _pairs(_tags(record))}

    def _of(self, call: Call) -> Record | None:
        """The association's record; None for a resource of another kind, for which moto has answered then."""
        if call.parameters["ResourceType"] != KIND:
            call.proceed()
            return None
        identity = call.parameters["ResourceId"]
        known = self._ledger.records(self._kind, call.account_id, call.region)
        if identity not in known:
            raise AwsError("InvalidResourceId", f"there is no association {identity!r}")
        return known[identity]


def _tags(holder: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in holder.get("Tags") or ()}


def _pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
