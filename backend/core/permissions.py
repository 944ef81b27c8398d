"""What kinds of objects there are, who may do what with them, and the caller it applies to.

One readable table: a resource adds its kind and its permissions here.
"""

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
    # Their own account and private things, and nothing of the team.
    GUEST = "guest"

    def is_at_least(self, role: "Role") -> bool:
        ranks = list(Role)
        return ranks.index(self) <= ranks.index(role)


class Means(StrEnum):
    """The interface an action came through."""

    API = "api"
    COMMAND_LINE = "command_line"
    JOB = "job"
    AGENT = "agent"


class SubjectKind(StrEnum):
    """The kind of object that an event is about."""

    CUSTOMER = "customer"
    LEAD = "lead"
    PRODUCT = "product"
    TASK = "task"
    MODULE = "module"
    FILE = "file"
    USER = "user"
    SESSION = "session"
    SIGN_IN = "sign_in"
    JOB = "job"
    INVITATION = "invitation"
    EXECUTION = "execution"
    MODEL_CONFIG = "model_config"
    PROMPT = "prompt"
    TOOL = "tool"
    OUTPUT_SCHEMA = "output_schema"
    CHAT = "chat"
    PLANNED_ACTION = "planned_action"
    WORKFLOW = "workflow"


_Entry = tuple[str, Role]


def _plain(name: str) -> tuple[_Entry, _Entry, _Entry]:
    """The permissions of a plain resource: viewers read, members write, managers delete."""
    return (
        (f"{name}:read", Role.VIEWER),
        (f"{name}:write", Role.MEMBER),
        (f"{name}:delete", Role.MANAGER),
    )


class Permission(StrEnum):
    """Each with the lowest role that has it. Higher roles have it too."""

    least: Role

    def __new__(cls, value: str, least: Role) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.least = least
        return member

    CUSTOMERS_READ, CUSTOMERS_WRITE, CUSTOMERS_DELETE = _plain("customers")
    LEADS_READ, LEADS_WRITE, LEADS_DELETE = _plain("leads")
    PRODUCTS_READ, PRODUCTS_WRITE, PRODUCTS_DELETE = _plain("products")
    TASKS_READ, TASKS_WRITE, TASKS_DELETE = _plain("tasks")
    TASKS_ASSIGN = "tasks:assign", Role.MANAGER
    FILES_READ, FILES_WRITE, FILES_DELETE = _plain("files")
    USERS_READ = "users:read", Role.ADMIN
    USERS_WRITE = "users:write", Role.ADMIN
    AUDIT_READ = "audit:read", Role.ADMIN
    JOBS_READ = "jobs:read", Role.ADMIN
    JOBS_WRITE = "jobs:write", Role.ADMIN
    ASSISTANT_USE = "assistant:use", Role.VIEWER
    ASSISTANT_MANAGE = "assistant:manage", Role.ADMIN
    WORKFLOWS_READ, WORKFLOWS_WRITE, WORKFLOWS_DELETE = _plain("workflows")


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
        organisation_id: the one in which they act; see `Scope`.
        means: None: the default of the process, such as the API.
    """

    user_id: UUID
    role: Role
    session_id: UUID
    organisation_id: UUID
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
