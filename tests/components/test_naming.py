"""Physical names: what AWS takes, found out before AWS is asked."""

import pytest

from components.naming import NameTooLongError, Naming


def test_names_begin_with_project_and_stack() -> None:
    naming = Naming("mlteam", "dev")
    assert naming.bucket("000000000000", "prod") == "mlteam-dev-000000000000-prod"
    assert naming.parameter("mlflow", "admin-password") == "/mlteam-dev/mlflow/admin-password"
    assert naming.role_path == "/mlteam-dev/"


@pytest.mark.parametrize("stack", ["Dev", "my_stack", "dev-", "dev-eu", "a" * 40])
def test_a_stack_name_that_makes_bad_names_is_refused(stack: str) -> None:
    with pytest.raises(NameTooLongError):
        Naming("mlteam", stack)


def test_a_role_name_too_long_says_how_long_it_may_be() -> None:
    with pytest.raises(NameTooLongError, match="AWS takes 64"):
        Naming("mlteam", "dev").role("x" * 60)
