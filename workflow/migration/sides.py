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
from workflow.mlflow_client import VARIABLES, become_client, where_to_look


@dataclass(frozen=True, kw_only=True)
class Side:
    """`settings` are the environment of its clients (`mlflow_client.client_environment`)."""

    name: str
    tracking_uri: str
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)

    @contextmanager
    def active(self) -> Iterator[Any]:
        """An MlflowClient of this side; its failures are ResourceError naming the side."""
        before = {name: os.environ[name] for name in VARIABLES | self.settings.keys() if name in os.environ}
        become_client(self.settings)
        import mlflow

        mlflow.set_tracking_uri(self.tracking_uri)
        try:
            yield mlflow.MlflowClient(tracking_uri=self.tracking_uri, registry_uri=self.tracking_uri)
        except mlflow.exceptions.MlflowException as error:
            raise ResourceError(
                f"{self.name} (MLflow at {self.tracking_uri}): {error}", cure=where_to_look(self.tracking_uri)
            ) from error
        finally:
            for name in self.settings:
                os.environ.pop(name, None)
            become_client(before)
