"""What kinds of objects there are, who may do what with them, and the caller it applies to.

One readable table: a resource adds its kind and its permissions here.
"""

from collections.abc import Awaitable, Callable, Iterable
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
    API_KEY = "api_key"
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
    API_KEY = "api_key"
    IDENTITY = "identity"
    PASSKEY = "passkey"
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
    WEBHOOK = "webhook"


_Entry = tuple[str, Role]


def _plain(name: str) -> tuple[_Entry, _Entry, _Entry]:
    """The permissions of a plain resource: viewers read, members write, managers delete."""
    return (
        (f"{name}:read", Role.VIEWER),
        (f"{name}:write", Role.MEMBER),
        (f"{name}:delete", Role.MANAGER),
    )


IN_PERSON = True


class Permission(StrEnum):
    """Each with the lowest role that has it. Higher roles have it too.

    Attributes:
        in_person: no API key has it, whoever made the key.
    """

    least: Role
    in_person: bool

    def __new__(cls, value: str, least: Role, in_person: bool = False) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.least = least
        member.in_person = in_person
        return member

    CUSTOMERS_READ, CUSTOMERS_WRITE, CUSTOMERS_DELETE = _plain("customers")
    LEADS_READ, LEADS_WRITE, LEADS_DELETE = _plain("leads")
    PRODUCTS_READ, PRODUCTS_WRITE, PRODUCTS_DELETE = _plain("products")
    TASKS_READ, TASKS_WRITE, TASKS_DELETE = _plain("tasks")
    TASKS_ASSIGN = "tasks:assign", Role.MANAGER
    FILES_READ, FILES_WRITE, FILES_DELETE = _plain("files")
    USERS_READ = "users:read", Role.ADMIN
    USERS_WRITE = "users:write", Role.ADMIN, IN_PERSON
    AUDIT_READ = "audit:read", Role.ADMIN
    JOBS_READ = "jobs:read", Role.ADMIN
    JOBS_WRITE = "jobs:write", Role.ADMIN
    ASSISTANT_USE = "assistant:use", Role.VIEWER
    ASSISTANT_MANAGE = "assistant:manage", Role.ADMIN
    WORKFLOWS_READ, WORKFLOWS_WRITE, WORKFLOWS_DELETE = _plain("workflows")
    WEBHOOKS_READ = "webhooks:read", Role.ADMIN
    WEBHOOKS_WRITE = "webhooks:write", Role.ADMIN


ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    role: frozenset(each for each in Permission if role.is_at_least(each.least)) for role in Role
}


def may_give(giver: Role, role: Role) -> bool:
    """Whether somebody who manages accounts may give a role: none above their own."""
    own = ROLE_PERMISSIONS[giver]
    return Permission.USERS_WRITE in own and ROLE_PERMISSIONS[role] <= own


OPEN_TO_KEYS = frozenset(each for each in Permission if not each.in_person)


@dataclass(frozen=True, slots=True)
class KeyRights:
    """What an API key leaves of the permissions of its owner.

    Attributes:
        is_narrowed: it was made for these permissions alone, so its owner's private things are
            closed to it.
    """

    permissions: frozenset[Permission]
    is_narrowed: bool

    @classmethod
    def of(cls, names: Iterable[str] | None) -> Self:
        """None: a key that is not narrowed. Names that no permission has any more are ignored."""
        if names is None:
            return cls(OPEN_TO_KEYS, is_narrowed=False)
        return cls(frozenset(each for each in OPEN_TO_KEYS if each in set(names)), is_narrowed=True)


NO_RIGHTS = KeyRights.of(())
"""Of a key that was not looked up yet."""
_AS_SOMEBODY = "You are signed in as somebody else: this is for them alone."
NO_SESSION = UUID(int=0)
"""A principal for a job, whose owner need not be signed in."""


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller of one request, as the database knew them when it began.

    Work that outlasts a request checks their rights again; see `services/identity/rights.py`.

    Attributes:
        session_id: the session in which they act, or the API key with which they do, also in a job.
        organisation_id: the one in which they act; see `Scope`.
        means: None: the default of the process, such as the API.
        key_rights: None: they act in person, with all permissions of their role.
        impersonator_id: the admin who acts as them; None: it is they.
    """

    user_id: UUID
    role: Role
    session_id: UUID
    organisation_id: UUID
    means: Means | None = None
    key_rights: KeyRights | None = None
    impersonator_id: UUID | None = None

    @property
    def key_id(self) -> UUID | None:
        """The API key with which they act, if it is one."""
        return None if self.key_rights is None else self.session_id

    @property
    def permissions(self) -> frozenset[Permission]:
        of_role = ROLE_PERMISSIONS[self.role]
        if self.impersonator_id is not None:
            return of_role & OPEN_TO_KEYS
        return of_role if self.key_rights is None else of_role & self.key_rights.permissions

    def may(self, permission: Permission) -> bool:
        of_role = permission in ROLE_PERMISSIONS[self.role]
        if self.impersonator_id is not None:
            return of_role and not permission.in_person
        return of_role and (self.key_rights is None or permission in self.key_rights.permissions)

    def require(self, permission: Permission, tool: str | None = None) -> None:
        """Raises PermissionDeniedError unless the caller has the permission.

        The error names the tool that needs it, if one does.
        """
        if self.may(permission):
            return
        if self.impersonator_id is not None and permission.in_person:
            raise PermissionDeniedError(_AS_SOMEBODY)
        need = f"The permission {permission} is needed"
        if tool is not None:
            need = f"The tool {tool} needs the permission {permission}"
        by_role = permission in ROLE_PERMISSIONS[self.role]
        lacking = "this API key" if by_role else f"the role {self.role}"
        raise PermissionDeniedError(f"{need}; {lacking} does not have it.")

    def reaches_own(self, *permissions: Permission) -> bool:
        """Whether the caller reaches what is private to them.

        An API key that is narrowed does with one of the permissions.
        """
        if self.key_rights is None or not self.key_rights.is_narrowed:
            return True
        return any(map(self.may, permissions))

    def require_own(self, *permissions: Permission) -> None:
        """Raises PermissionDeniedError unless `reaches_own` says that they do."""
        if not self.reaches_own(*permissions):
            with_one = f"one with {' or '.join(permissions)}"
            needed = with_one if permissions else "one that is not narrowed"
            raise PermissionDeniedError(f"This API key is narrowed; {needed} is needed.")

    def require_in_person(self) -> None:
        """Raises PermissionDeniedError if the caller uses an API key, or is somebody else."""
        if self.impersonator_id is not None:
            raise PermissionDeniedError(_AS_SOMEBODY)
        if self.key_rights is not None:
            raise PermissionDeniedError("No API key may do this: sign in.")


AsOfNow = Callable[[], Awaitable[Principal]]
"""Returns the principal with their current role, or raises if they may not go on."""
