"""Where a run is now: records and deployments name runs by the id that they had before tracking was swapped."""

from typing import Any, Final

from workflow.migration.entries import ORIGIN_TAG

GONE: Final = "RESOURCE_DOES_NOT_EXIST"


def run_here(client: Any, run_id: str) -> str:
    """The id on this server: its own, or that of the copy that a move made; MlflowException if there is neither."""
    from mlflow.exceptions import MlflowException

    try:
        return str(client.get_run(run_id).info.run_id)
    except MlflowException as error:
        if error.error_code != GONE:
            raise
        experiments = [each.experiment_id for each in client.search_experiments()]
        copies = client.search_runs(experiments, f"tags.`{ORIGIN_TAG}` = '{run_id}'", max_results=1)
        if not copies:
            raise
        return str(copies[0].info.run_id)
