"""What an AWS service may do on its own: only what the resource's own policy says, a topic's or a role's trust."""

from emulator.access import resource_policies
from emulator.access.decisions import Decision, Identity, Policies, Question, decide
from emulator.access.patterns import Context
from emulator.access.policies import Policy


def judge(policy: Policy | None, service: str, action: str, resource: str, keys: Context) -> Decision:
    """Pure; `keys` say on whose behalf the service asks."""
    question = Question(Identity(arn=service, account_id="", service=service), action, resource, keys)
    return decide(question, Policies(resource=policy, is_resource_needed=True))


def may(service: str, action: str, resource: str, account_id: str, source_arn: str = "") -> Decision:
    """By the policy that the resource has now. AWS sets the keys that keep a service from serving strangers."""
    keys = {"aws:sourceaccount": account_id, "aws:sourceowner": account_id, "aws:principalisawsservice": "true"}
    if source_arn:
        keys["aws:sourcearn"] = source_arn
    return judge(resource_policies.find(action, resource, account_id), service, action, resource, keys)
