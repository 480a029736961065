"""Tags of SSM associations: moto 5.2.5 knows no associations, so it refuses to tag them."""

from moto.ssm.responses import SimpleSystemManagerResponse

from emulator.seam import Answer, Call, Record, answer

KIND = "Association"


class AssociationTags:
    """By account, region and association; other kinds of resources stay moto's."""

    def __init__(self) -> None:
        self._tags: dict[tuple[str, str, str], dict[str, str]] = {}

    def install(self) -> None:
        operations: dict[str, Answer] = {
            "AddTagsToResource": self.add,
            "RemoveTagsFromResource": self.remove,
            "ListTagsForResource": self.tell,
        }
        for operation, function in operations.items():
            answer(SimpleSystemManagerResponse, operation, function)

    def add(self, call: Call) -> Record | None:
        tags = self._of(call)
        if tags is not None:
            tags.update({tag["Key"]: tag["Value"] for tag in call.parameters["Tags"]})
        return self._settled(call, {})

    def remove(self, call: Call) -> Record | None:
        tags = self._of(call)
        for key in call.parameters["TagKeys"] if tags is not None else ():
            (tags or {}).pop(key, None)
        return self._settled(call, {})

    def tell(self, call: Call) -> Record | None:
        pairs = sorted((self._of(call) or {}).items())
        return self._settled(call, {"TagList": [{"Key": key, "Value": value} for key, value in pairs]})

    def _of(self, call: Call) -> dict[str, str] | None:
        if call.parameters["ResourceType"] != KIND:
            return None
        return self._tags.setdefault((call.account_id, call.region, call.parameters["ResourceId"]), {})

    def _settled(self, call: Call, own: Record) -> Record | None:
        """Our answer for an association, moto's for anything else."""
        if call.parameters["ResourceType"] == KIND:
            return own
        call.proceed()
        return None
