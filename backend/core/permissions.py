"""Who may do what: one table that a person can read, and the caller it is asked about."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from backend.core.errors import PermissionDeniedError


class Role(StrEnum):
    ADMIN = "admin"
    MANAGER = "manager"
    MEMBER = "member"
    VIEWER = "viewer"


class Means(StrEnum):
    """What somebody does something with."""

    API = "api"
    COMMAND_LINE = "command_line"
    JOB = "job"
    AGENT = "agent"


class Permission(StrEnum):
    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    CUSTOMERS_DELETE = "customers:delete"
    LEADS_READ = "leads:read"
    LEADS_WRITE = "leads:write"
    LEADS_DELETE = "leads:delete"
    PRODUCTS_READ = "products:read"
    PRODUCTS_WRITE = "products:write"
    PRODUCTS_DELETE = "products:delete"
    TASKS_READ = "tasks:read"
    TASKS_WRITE = "tasks:write"
    TASKS_ASSIGN = "tasks:assign"
    TASKS_DELETE = "tasks:delete"
    FILES_READ = "files:read"
    FILES_WRITE = "files:write"
    FILES_DELETE = "files:delete"
    USERS_READ = "users:read"
    USERS_WRITE = "users:write"
    AUDIT_READ = "audit:read"
    JOBS_READ = "jobs:read"
    JOBS_WRITE = "jobs:write"
    ASSISTANT_USE = "assistant:use"
    ASSISTANT_MANAGE = "assistant:manage"
    WORKFLOWS_READ = "workflows:read"
    WORKFLOWS_WRITE = "workflows:write"
    WORKFLOWS_DELETE = "workflows:delete"


_READ = frozenset(
    {
        Permission.CUSTOMERS_READ,
        Permission.LEADS_READ,
        Permission.PRODUCTS_READ,
        Permission.TASKS_READ,
        Permission.FILES_READ,
        Permission.WORKFLOWS_READ,
        Permission.ASSISTANT_USE,
    }
)
_WRITE = frozenset(
    {
        Permission.CUSTOMERS_WRITE,
        Permission.LEADS_WRITE,
        Permission.PRODUCTS_WRITE,
        Permission.TASKS_WRITE,
        Permission.FILES_WRITE,
        Permission.WORKFLOWS_WRITE,
    }
)
_MANAGE = frozenset(
    {
        Permission.CUSTOMERS_DELETE,
        Permission.LEADS_DELETE,
        Permission.PRODUCTS_DELETE,
        Permission.TASKS_DELETE,
        Permission.TASKS_ASSIGN,
        Permission.FILES_DELETE,
        Permission.WORKFLOWS_DELETE,
    }
)
_ADMINISTER = frozenset(
    {
        Permission.USERS_READ,
        Permission.USERS_WRITE,
        Permission.AUDIT_READ,
        Permission.JOBS_READ,
        Permission.JOBS_WRITE,
        Permission.ASSISTANT_MANAGE,
    }
)

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: _READ,
    Role.MEMBER: _READ | _WRITE,
    Role.MANAGER: _READ | _WRITE | _MANAGE,
    Role.ADMIN: _READ | _WRITE | _MANAGE | _ADMINISTER,
}


def may_give(giver: Role, role: Role) -> bool:
    """Whether somebody may give a role: who looks after accounts, and no more than they have."""
    own = ROLE_PERMISSIONS[giver]
    return Permission.USERS_WRITE in own and ROLE_PERMISSIONS[role] <= own


NO_SESSION = UUID(int=0)
"""Of somebody for whom a job works: they need not be signed in."""


@dataclass(frozen=True, slots=True)
class Principal:
    """The signed-in caller of one request, as the database knew them when it began.

    What takes longer than a request looks at their rights again; see `services/identity/rights.py`.

    Attributes:
        means: None if it is what the process is for, such as the API.
    """

    user_id: UUID
    role: Role
    session_id: UUID
    means: Means | None = None

    def may(self, permission: Permission) -> bool:
        return permission in ROLE_PERMISSIONS[self.role]

    def require(self, permission: Permission) -> None:
        """Raises PermissionDeniedError unless the caller's role has the permission."""
        if not self.may(permission):
            raise PermissionDeniedError(
                f"The permission {permission} is needed; the role {self.role} does not have it."
            )


AsOfNow = Callable[[], Awaitable[Principal]]
"""Answers a principal with the role of this moment, or raises if they may not go on."""
