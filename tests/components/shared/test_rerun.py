"""A failed run of the host's services is never forgotten by an update that AWS does not wait for."""

import pytest
from pulumi import ResourceHookArgs

from components.shared.rerun import refuse_unwaited

URN = "urn:pulumi:dev::mlteam::aws:ssm/association:Association::services-association"


def update(old: dict[str, object], new: dict[str, object]) -> ResourceHookArgs:
    return ResourceHookArgs(urn=URN, id="1", name="services-association", type="x", old_inputs=old, new_inputs=new)


def test_an_update_of_nothing_is_refused_with_the_way_that_waits() -> None:
    with pytest.raises(RuntimeError, match="pulumi up --replace"):
        refuse_unwaited(update({"name": "a", "__defaults": []}, {"name": "a"}))


def test_an_update_of_something_goes_on() -> None:
    refuse_unwaited(update({"tags": {"a": "1"}}, {"tags": {"a": "2"}}))
