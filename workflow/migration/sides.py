"""A tracking server as one side of a move.

MLflow's clients keep address and login in the process's environment, and the plugin that signs for a managed server
reads the process's tracking URI: so there is one active side at a time, and whoever talks to a side enters it first.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from workflow.errors import ResourceError


@dataclass(frozen=True, kw_only=True)
class Side:
    """`settings` are the environment variables of its clients (login, endpoint); empty ones are unset."""

    name: str
    tracking_uri: str
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)

    @contextmanager
    def active(self) -> Iterator[Any]:
        """An MlflowClient of this side; its failures are ResourceError naming the side."""
        import mlflow

        before = {name: os.environ.get(name) for name in self.settings}
        _set(self.settings)
        mlflow.set_tracking_uri(self.tracking_uri)
        try:
            yield mlflow.MlflowClient(tracking_uri=self.tracking_uri, registry_uri=self.tracking_uri)
        except mlflow.exceptions.MlflowException as error:
            raise ResourceError(
                f"{self.name} (MLflow at {self.tracking_uri}): {error}", cure="mlteam wake; then the same command again"
            ) from error
        finally:
            _set({name: value or "" for name, value in before.items()})


def _set(values: Mapping[str, str]) -> None:
    for name, value in values.items():
        if value:
            os.environ[name] = value
        else:
            os.environ.pop(name, None)
