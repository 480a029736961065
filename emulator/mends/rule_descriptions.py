"""The description of a security group rule: moto 5.2.5 tells only that of a rule for a CIDR block, and forgets the one
given for a referenced group or a prefix list until it is modified; AWS keeps it for every kind of rule.
"""

from moto.ec2.models.security_groups import SecurityGroupRule


def _description(rule: SecurityGroupRule) -> str | None:
    for peer in (rule.ip_range, rule.source_group, rule.prefix_list_id):
        if isinstance(peer, dict) and peer.get("Description"):
            return str(peer["Description"])
    return None


def install() -> None:
    SecurityGroupRule.description = property(_description)  # type: ignore[method-assign, assignment]
