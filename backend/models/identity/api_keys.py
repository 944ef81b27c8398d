"""API keys: credentials of programs, which act with some or all of the rights of a user."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field as PydanticField
from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from backend.core.permissions import Permission, Role
from backend.models.platform.base import Input, Output, example
from backend.models.platform.fields import Line, UtcDatetime
from backend.models.platform.meanings import never_taken
from backend.models.platform.mixins import Identified, now
from backend.models.platform.organisations import OfOrganisation
from backend.models.platform.paging import PageQuery

_EXAMPLE = {
    "name": "Nightly report",
    "permissions": ["customers:read", "tasks:read"],
    "expires_at": "2027-06-01T00:00:00Z",
}
_EXAMPLE_PUBLIC = {
    "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e21",
    **_EXAMPLE,
    "user_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e01",
    "starts_with": "mvp_4fT0aZ",
    "created_at": "2026-06-01T09:30:00Z",
    "last_used_at": None,
}


def _in_future(moment: datetime) -> datetime:
    if moment <= now():
        raise ValueError("must be in the future")
    return moment


def _sorted(permissions: Sequence[Permission]) -> list[Permission]:
    """Return each once, in the order of the table."""
    return [each for each in Permission if each in permissions]


class ApiKeyBase(SQLModel):
    name: Line
    starts_with: str = Field(description="How the key begins, to recognise it.")
    created_at: datetime = Field(default_factory=now)
    expires_at: datetime | None = Field(default=None, description="null: it does not expire.")
    last_used_at: datetime | None = Field(
        default=None, description="Written at most once a minute."
    )
    user_id: UUID = Field(description="The user as whom it acts.")


class ApiKey(OfOrganisation, ApiKeyBase, Identified, table=True):
    """Only the hash is stored: the key itself is shown once.

    `permissions`: null if the key is not narrowed. They are names, as later versions may lack one.
    """

    __tablename__ = "api_keys"
    __table_args__ = (Index(None, "user_id", "created_at", "id"),)
    secrets = frozenset({"token_hash"})

    name: str
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE")
    token_hash: str = Field(
        unique=True, sa_column_kwargs={"info": never_taken("256 random bits", everywhere=True)}
    )
    permissions: list[str] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    revoked_at: datetime | None = None

    def facts(self) -> dict[str, Any]:
        """Without the time of the last use, which is no change of the key."""
        facts = super().facts()
        del facts["last_used_at"]
        return facts


class ApiKeyCreate(Input):
    model_config = example(_EXAMPLE)

    name: Line
    permissions: (
        Annotated[
            list[Permission],
            PydanticField(min_length=1, max_length=len(Permission)),
            AfterValidator(_sorted),
        ]
        | None
    ) = PydanticField(
        default=None,
        description="Narrows the key to these. null: all that you have, now or later, apart from "
        "those that no key has.",
    )
    expires_at: Annotated[UtcDatetime, AfterValidator(_in_future)] | None = PydanticField(
        default=None, description="null: it does not expire."
    )
    role: Role | None = PydanticField(
        default=None,
        description="Makes a service key: it acts as a user of its own with this role, and "
        "outlives your account. Needs `users:write`. null: it acts as you.",
    )

    @property
    def names(self) -> list[str] | None:
        """Return the permissions as they are stored."""
        return None if self.permissions is None else [each.value for each in self.permissions]


class ApiKeyPublic(Output, ApiKeyBase, Identified):
    model_config = example(_EXAMPLE_PUBLIC, base=Output)

    permissions: list[str] | None = Field(
        description="What it is narrowed to; null: all permissions of its user that keys may have."
    )


class ApiKeyCreated(ApiKeyPublic):
    """A new key. It can't be shown again."""

    model_config = example(
        {**_EXAMPLE_PUBLIC, "key": "mvp_4fT0aZ1xW8cVb3nM6kJ9hG2fD5sA7pO0iU4yT1rE8wQAbCdEf"},
        base=Output,
    )

    key: str = Field(description="Send it as `Authorization: Bearer`. It is shown this once.")


class ApiKeySort(StrEnum):
    CREATED_AT = "created_at"
    CREATED_AT_DESC = "-created_at"


class ApiKeyQuery(PageQuery):
    sort: ApiKeySort = ApiKeySort.CREATED_AT_DESC
    service: bool = PydanticField(
        default=False, description="The service keys instead of your own. Needs `users:read`."
    )
