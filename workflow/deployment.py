"""The deployment object: which models are wanted, with which weights, and the only way to change it.

One JSON object in S3 is the whole control plane of serving. It is written only under the condition that nobody
else has written since it was read, every write raises `generation`, and every change is a pure function here.
"""

from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workflow import s3
from workflow.errors import DriftError, RefusedError, UsageError


class ModelReference(BaseModel):
    """A model by its digest; `run_id` and `name` are only for people and for MLflow."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    run_id: str
    name: str


class Deployment(BaseModel):
    """`challenger_weight` is the share of units that the challenger gets, `salt` what their split is drawn by;
    `previous` is the champion before this one, kept loaded so that a rollback is one write."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    version: Literal[1] = 1
    generation: int = Field(default=0, ge=0)
    salt: str = ""
    champion: ModelReference | None = None
    challenger: ModelReference | None = None
    challenger_weight: float = Field(default=0.0, ge=0.0, le=1.0, allow_inf_nan=False)
    previous: ModelReference | None = None

    def references(self) -> dict[str, ModelReference]:
        """The models to hold, by the name of their place."""
        places = {"champion": self.champion, "challenger": self.challenger, "previous": self.previous}
        return {place: reference for place, reference in places.items() if reference is not None}

    def with_candidate(self, candidate: ModelReference, weight: float) -> "Deployment":
        """The candidate beside the champion, or as the champion where there is none.

        The salt is new with each challenger, so that no unit is the guinea pig of every test. UsageError for a weight
        that leaves one side without requests: it would serve everybody an untested model, or test nothing.
        """
        if not 0 < weight < 1:  # NaN as well: JSON has no word for it, and the object would be unreadable for ever
            raise UsageError(
                f"challenger weight {weight}; allowed: above 0, below 1", cure="mlteam deploy --weight 0.5"
            )
        generation = self.generation + 1
        if self.champion is None:
            return Deployment(generation=generation, champion=candidate)
        return Deployment(
            generation=generation,
            salt=f"{generation}-{candidate.digest[:16]}",
            champion=self.champion,
            challenger=candidate,
            challenger_weight=weight,
            previous=self.previous,
        )

    def promoted(self) -> "Deployment":
        """The challenger takes everything; the champion becomes the previous one."""
        if self.challenger is None:
            raise RefusedError("there is no challenger to promote", cure="mlteam deploy")
        return Deployment(generation=self.generation + 1, champion=self.challenger, previous=self.champion)

    def rolled_back(self) -> "Deployment":
        """The previous champion takes everything again; what replaced it, and any challenger, is withdrawn."""
        if self.previous is None:
            raise RefusedError(
                "there is no previous champion to go back to", cure="mlteam deploy, with an earlier record"
            )
        return Deployment(generation=self.generation + 1, champion=self.previous)

    def without_challenger(self) -> "Deployment":
        if self.challenger is None:
            raise RefusedError("there is no challenger to withdraw", cure="mlteam status")
        return Deployment(generation=self.generation + 1, champion=self.champion, previous=self.previous)

    def restored_to(self, earlier: "Deployment") -> "Deployment":
        """What was wanted earlier, as a newer generation: numbers never go back."""
        return earlier.model_copy(update={"generation": self.generation + 1})


class Stored(NamedTuple):
    """A deployment as it is in S3; `etag` is empty when it has never been written."""

    deployment: Deployment
    etag: str


def parse_deployment(body: bytes, uri: str) -> Deployment:
    """Raises DriftError on anything that this program did not write."""
    try:
        return Deployment.model_validate_json(body)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'document'}: {e['msg']}" for e in error.errors())
        raise DriftError(
            f"the deployment object {uri} is not valid: {faults}", cure=s3.restoring(s3.parse(uri))
        ) from error


def read_deployment(client: Any, uri: str) -> Stored:
    """The wanted deployment; an empty one when none has been written yet."""
    stored = s3.read(client, s3.parse(uri))
    if stored is None:
        return Stored(Deployment(), "")
    return Stored(parse_deployment(stored.body, uri), stored.etag)


def write_deployment(client: Any, uri: str, deployment: Deployment, etag: str) -> str:
    """Write only over what was read (`etag`), or only as the first (""); returns the new etag."""
    body = deployment.model_dump_json(indent=1).encode()
    try:
        return s3.write(client, s3.parse(uri), body, if_match=etag, if_absent=not etag)
    except s3.ConflictError as error:
        raise RefusedError(
            f"somebody else changed the deployment {uri} at the same time; nothing was written",
            cure="mlteam status, then the same command again",
        ) from error
