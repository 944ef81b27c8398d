"""Who may do what: one readable table, and the caller that it applies to."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from uuid import UUID

from backend.core.errors import PermissionDeniedError


class Role(StrEnum):
    # From the most to the least powerful.
    ADMIN = "admin"
    MANAGER = "manager"
    MEMBER = "member"
    VIEWER = "viewer"

    def is_at_least(self, role: "Role") -> bool:
        ranks = list(Role)
        return ranks.index(self) <= ranks.index(role)


class Means(StrEnum):
    """The interface an action came through."""

    API = "api"
    COMMAND_LINE = "command_line"
    JOB = "job"
    AGENT = "agent"


class Permission(StrEnum):
    """Each with the lowest role that has it. Higher roles have it too."""

    least: Role

    def __new__(cls, value: str, least: Role) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.least = least
        return member

    CUSTOMERS_READ = "customers:read", Role.VIEWER
    CUSTOMERS_WRITE = "customers:write", Role.MEMBER
    CUSTOMERS_DELETE = "customers:delete", Role.MANAGER
    LEADS_READ = "leads:read", Role.VIEWER
    LEADS_WRITE = "leads:write", Role.MEMBER
    LEADS_DELETE = "leads:delete", Role.MANAGER
    PRODUCTS_READ = "products:read", Role.VIEWER
    PRODUCTS_WRITE = "products:write", Role.MEMBER
    PRODUCTS_DELETE = "products:delete", Role.MANAGER
    TASKS_READ = "tasks:read", Role.VIEWER
    TASKS_WRITE = "tasks:write", Role.MEMBER
    TASKS_ASSIGN = "tasks:assign", Role.MANAGER
    TASKS_DELETE = "tasks:delete", Role.MANAGER
    FILES_READ = "files:read", Role.VIEWER
    FILES_WRITE = "files:write", Role.MEMBER
    FILES_DELETE = "files:delete", Role.MANAGER
    USERS_READ = "users:read", Role.ADMIN
    USERS_WRITE = "users:write", Role.ADMIN
    AUDIT_READ = "audit:read", Role.ADMIN
    JOBS_READ = "jobs:read", Role.ADMIN
    JOBS_WRITE = "jobs:write", Role.ADMIN
    ASSISTANT_USE = "assistant:use", Role.VIEWER
    ASSISTANT_MANAGE = "assistant:manage", Role.ADMIN
    WORKFLOWS_READ = "workflows:read", Role.VIEWER
    WORKFLOWS_WRITE = "workflows:write", Role.MEMBER
    WORKFLOWS_DELETE = "workflows:delete", Role.MANAGER


ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    role: frozenset(each for each in Permission if role.is_at_least(each.least)) for role in Role
}


def may_give(giver: Role, role: Role) -> bool:
    """Whether somebody who manages accounts may give a role: none above their own."""
    own = ROLE_PERMISSIONS[giver]
    return Permission.USERS_WRITE in own and ROLE_PERMISSIONS[role] <= own


NO_SESSION = UUID(int=0)
"""A principal for a job, whose owner need not be signed in."""


@dataclass(frozen=True, slots=True)
class Principal:
    """The signed-in caller of one request, as the database knew them when it began.

    Work that outlasts a request checks their rights again; see `services/identity/rights.py`.

    Attributes:
        means: None: the default of the process, such as the API.
    """

    user_id: UUID
    role: Role
    session_id: UUID
    means: Means | None = None

    @property
    def permissions(self) -> frozenset[Permission]:
        return ROLE_PERMISSIONS[self.role]

    def may(self, permission: Permission) -> bool:
        return permission in ROLE_PERMISSIONS[self.role]

    def require(self, permission: Permission) -> None:
        """Raises PermissionDeniedError unless the caller's role has the permission."""
        if not self.may(permission):
            raise PermissionDeniedError(
                f"The permission {permission} is needed; the role {self.role} does not have it."
            )


AsOfNow = Callable[[], Awaitable[Principal]]
"""Returns the principal with their current role, or raises if they may not go on."""
