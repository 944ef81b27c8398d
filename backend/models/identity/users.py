"""Users: the people who sign in."""

from datetime import datetime
from enum import StrEnum

from pydantic import MISSING, Field as PydanticField
from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from backend.core.passwords import NO_PASSWORD
from backend.core.permissions import Role, may_give
from backend.models.platform.base import Input, Output, Update, enum_type, example
from backend.models.platform.fields import Email, GivenPassword, Line, Password, Several
from backend.models.platform.meanings import taken
from backend.models.platform.mixins import Identified, Timestamped, Versioned, now
from backend.models.platform.paging import PageQuery
from backend.models.platform.sort_keys import sorted_by

_ERASED_DOMAIN = "erased.invalid"
"""Nobody has an address there, nor ever can (RFC 2606)."""
_PERSON = {"email": "ada@example.com", "full_name": "Ada Lovelace"}


class UserBase(SQLModel):
    email: Email
    full_name: Line


class User(Versioned, Timestamped, UserBase, Identified, table=True):
    """`is_service`: a program, which acts by an API key and can't sign in."""

    __tablename__ = "users"
    __table_args__ = (
        Index(None, "created_at", "id"),
        sorted_by("users", "email"),
        Index("ix_users_erase_at", "erase_at", postgresql_where=text("erase_at IS NOT NULL")),
    )
    secrets = frozenset({"password_hash"})

    email: str = Field(
        unique=True,
        sa_column_kwargs={"info": taken("A user with this e-mail address already exists.")},
    )
    role: Role = Field(sa_type=enum_type(Role))
    is_active: bool = True
    is_service: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    password_hash: str
    email_verified_at: datetime | None = None
    second_factor_at: datetime | None = None
    erase_at: datetime | None = None
    erased_at: datetime | None = None

    @property
    def can_sign_in(self) -> bool:
        """Whether they may have a session, and get mail."""
        return self.is_active and not self.is_service

    @property
    def has_password(self) -> bool:
        """Whether they can sign in by one, as services and those with a provider alone can't."""
        return self.password_hash != NO_PASSWORD

    @property
    def is_gone(self) -> bool:
        """Whether nobody acts by it any more: it was erased, or is a service without its key."""
        return self.erased_at is not None or (self.is_service and not self.is_active)

    @property
    def is_due_for_erasure(self) -> bool:
        """Whether its owner has asked for it, and the days to think again are over."""
        return self.erase_at is not None and self.erase_at <= now()

    def erase(self) -> None:
        """Leave a row that says nothing of the person, for what refers to it."""
        self.email = f"{self.id.hex}@{_ERASED_DOMAIN}"
        self.full_name = "Erased account"
        self.role = Role.GUEST
        self.is_active = False
        self.password_hash = NO_PASSWORD
        self.email_verified_at = self.second_factor_at = None
        self.erase_at, self.erased_at = None, now()

    @property
    def is_active_admin(self) -> bool:
        """Whether they are a person who can administer the others."""
        return self.can_sign_in and self.role is Role.ADMIN

    def act_as(self, role: Role) -> None:
        """Have the role that an organisation gives them, which is no change of the account."""
        vars(self)["role"] = role

    def may_give(self, role: Role) -> bool:
        """Whether they may give others this role, in an account or an invitation."""
        return self.is_active and may_give(self.role, role)


class UserRegister(Input, UserBase):
    """A person's own registration, without a choice of role."""

    model_config = example({**_PERSON, "password": "correct horse battery staple"})

    password: Password


class UserCreate(UserRegister):
    model_config = example(
        {**_PERSON, "password": "correct horse battery staple", "role": "member"}
    )

    role: Role = Role.VIEWER


class UserUpdate(Update):
    """What people may change about themselves."""

    model_config = example({"full_name": "Ada King"})

    full_name: Line | MISSING = MISSING


class UserRole(Input):
    model_config = example({"role": "manager"})

    role: Role


class AccountErasure(Input):
    model_config = example({"password": "development-only"})

    password: GivenPassword


class PasswordReset(Input):
    password: Password


class UserPublic(Output, Versioned, Timestamped, UserBase, Identified):
    model_config = example(
        {
            "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e01",
            **_PERSON,
            "role": "member",
            "is_active": True,
            "is_service": False,
            "email_verified_at": "2026-06-01T09:42:00Z",
            "second_factor_at": None,
            "erase_at": None,
            "erased_at": None,
            "created_at": "2026-06-01T09:30:00Z",
            "updated_at": "2026-06-01T09:30:00Z",
            "version": 1,
        },
        base=Output,
    )

    email: str
    role: Role
    is_active: bool
    is_service: bool = Field(
        description="A program with an API key of its own, which can't sign in."
    )
    email_verified_at: datetime | None = Field(
        description="When the person first used a link in a mail to this address."
    )
    second_factor_at: datetime | None = Field(
        description="Since when signing in takes a second factor; null: a password suffices."
    )
    erase_at: datetime | None = Field(
        description="When it is erased, as its owner has asked for; null: it stays."
    )
    erased_at: datetime | None = Field(description="null: it is still somebody's.")


class UserSort(StrEnum):
    CREATED_AT = "created_at"
    CREATED_AT_DESC = "-created_at"
    EMAIL = "email"
    EMAIL_DESC = "-email"


class UserQuery(PageQuery):
    sort: UserSort = UserSort.CREATED_AT_DESC
    role: Several[Role] = PydanticField(default=[], description="Any of these roles.")
    is_active: bool | None = None
