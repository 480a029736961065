"""Roles: made in one way only, below the stack's path and within its permissions boundary."""

from __future__ import annotations

from typing import TypeVar

import pulumi_aws as aws
from pulumi import Input, Output, ResourceOptions

from components.base import PlatformComponent
from components.shared.statements import Statement, document

R = TypeVar("R")


def create_role(
    component: PlatformComponent[R],
    purpose: str,
    trust: Input[str],
    statements: Output[tuple[Statement, ...]] | None = None,
) -> aws.iam.Role:
    """A role `mlteam-<stack>-<purpose>`; its statements, if there are some yet, as one inline policy."""
    naming, boundary_arn = component.context.naming, component.context.boundary_arn
    if boundary_arn is None:
        raise ValueError(f"role {purpose!r} has no permissions boundary: make the boundary first")
    role = aws.iam.Role(
        f"{component.component_name}-{purpose}-role",
        name=naming.role(purpose),
        path=naming.role_path,
        assume_role_policy=trust,
        permissions_boundary=boundary_arn,
        tags=component.tags(),
        opts=ResourceOptions(parent=component),
    )
    if statements is not None:
        attach_statements(component, purpose, role.name, statements)
    return role


def attach_statements(
    component: PlatformComponent[R], purpose: str, role: Input[str], statements: Output[tuple[Statement, ...]]
) -> aws.iam.RolePolicy:
    return aws.iam.RolePolicy(
        f"{component.component_name}-{purpose}-policy",
        name=purpose,
        role=role,
        policy=statements.apply(document),
        opts=ResourceOptions(parent=component),
    )


def create_instance_profile(
    component: PlatformComponent[R], purpose: str, role: aws.iam.Role
) -> aws.iam.InstanceProfile:
    naming = component.context.naming
    return aws.iam.InstanceProfile(
        f"{component.component_name}-{purpose}-profile",
        name=naming.role(purpose),
        path=naming.role_path,
        role=role.name,
        tags=component.tags(),
        opts=ResourceOptions(parent=component),
    )
