"""`mlteam gate`: let only those candidates through whose lower confidence bounds meet mlteam.yaml.

Exit code 5 with the point, the bound and the threshold of every demand that is not met. A point value that passes is
not enough. There is no option that lets a candidate through.
"""

from pathlib import Path

import click

from workflow.context import Context
from workflow.deployment import read_deployment
from workflow.errors import DriftError, GateError
from workflow.judging import judge
from workflow.model_store import note
from workflow.project import load_project
from workflow.record import read_section, write_section
from workflow.sections import TrainRecord
from workflow.steps.options import project_option
from workflow.verdicts import SHOWN, Check, EvaluateRecord, GateRecord, content_digest


def run(context: Context, project_folder: Path) -> GateRecord:
    """Write the section `gate`, also when the answer is no; then GateError."""
    project = load_project(project_folder)
    stack = context.platform.stack
    train = read_section(context.record_path, "train", TrainRecord, stack=stack)
    evaluation = read_section(context.record_path, "evaluate", EvaluateRecord, stack=stack)
    _check_is_current(context, train, evaluation)
    gate = gate_record(evaluation, judge(project, evaluation))
    write_section(context.record_path, "gate", gate, stack=stack)
    note(context, train.run_id, {"mlteam.gate": "passed" if gate.passed else "failed"})
    if not gate.passed:
        failed = "\n  ".join(check.reason for check in gate.checks if not check.passed)
        raise GateError(f"the gate refuses model {gate.digest[:SHOWN]}:\n  {failed}", cure="train a better candidate")
    return gate


def gate_record(evaluation: EvaluateRecord, checks: tuple[Check, ...]) -> GateRecord:
    passed = bool(checks) and all(check.passed for check in checks)
    champion = evaluation.champion.digest if evaluation.champion else ""
    evaluated = content_digest(evaluation)
    result = content_digest([evaluation.digest, passed, checks, champion, evaluated])
    return GateRecord(
        digest=evaluation.digest,
        passed=passed,
        checks=checks,
        champion_digest=champion,
        evaluation_digest=evaluated,
        result_digest=result,
    )


def _check_is_current(context: Context, train: TrainRecord, evaluation: EvaluateRecord) -> None:
    """DriftError when the evaluation is of another model, or against another champion than today's."""
    if train.digest != evaluation.digest:
        raise DriftError("the evaluation is of another model than the candidate", cure="mlteam evaluate")
    uri = context.platform.serving.deployment_uri
    champion = read_deployment(context.aws.client("s3"), uri).deployment.champion
    compared = evaluation.champion.digest if evaluation.champion else ""
    served = champion.digest if champion else ""
    if compared != served and served != evaluation.digest:
        raise DriftError(
            f"the champion is {served[:SHOWN] or 'none'} now, the evaluation was against {compared[:SHOWN] or 'none'}",
            cure="mlteam evaluate",
        )


@click.command(help=__doc__)
@project_option
@click.pass_obj
def command(context: Context, /, project: Path) -> GateRecord:
    return run(context, project)
