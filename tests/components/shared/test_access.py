"""Who may take the role that approves."""

import json

from components.shared.policies import trust_people


def test_a_session_of_the_approver_bears_the_name_of_its_user() -> None:
    """Otherwise an author approves as `--role-session-name somebody-else`."""
    [statement] = json.loads(trust_people("000000000000"))["Statement"]
    assert statement["Action"] == "sts:AssumeRole"
    assert statement["Condition"] == {"StringEquals": {"sts:RoleSessionName": "${aws:username}"}}
