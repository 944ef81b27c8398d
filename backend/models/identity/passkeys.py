"""Passkeys: keys of people's devices, with which they sign in."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary
from sqlmodel import Field, SQLModel

from backend.models.identity.passkey_credentials import AssertedCredential, AttestedCredential
from backend.models.platform.base import Input, Output, example
from backend.models.platform.fields import Line
from backend.models.platform.meanings import taken
from backend.models.platform.mixins import Identified, now
from backend.models.platform.paging import PageQuery

_ASSERTED: Any = AssertedCredential.model_config["json_schema_extra"]
_ATTESTED: Any = AttestedCredential.model_config["json_schema_extra"]
_EXAMPLE = {
    "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e41",
    "name": "Ada's phone",
    "is_backed_up": True,
    "created_at": "2026-06-01T09:30:00Z",
    "last_used_at": "2026-06-02T08:15:00Z",
}


class PasskeyBase(SQLModel):
    name: Line
    is_backed_up: bool = Field(
        description="Whether it is kept beyond one device, such as by a password manager; as of "
        "its last use."
    )
    created_at: datetime = Field(default_factory=now)
    last_used_at: datetime | None = Field(default=None, description="null: it was never used.")


class Passkey(PasskeyBase, Identified, table=True):
    """
    Attributes:
        credential_id: by which browsers find it.
        public_key: as COSE writes it.
        sign_count: what it counted last; 0 if it does not count.
    """

    __tablename__ = "passkeys"
    __table_args__ = (Index(None, "user_id", "created_at", "id"),)
    secrets = frozenset({"credential_id", "public_key"})

    name: str
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE")
    credential_id: bytes = Field(
        sa_type=LargeBinary,
        unique=True,
        sa_column_kwargs={"info": taken("This passkey is registered already.")},
    )
    public_key: bytes = Field(sa_type=LargeBinary)
    sign_count: int = Field(sa_type=BigInteger)

    def would_go_back(self, sign_count: int) -> bool:
        """Whether a count is not after the last one, so that two devices have the key.

        Many do not count, and say 0.
        """
        return sign_count <= self.sign_count and (sign_count, self.sign_count) != (0, 0)


class UsedChallenge(Identified, table=True):
    """The id of a challenge that a passkey has signed. None is used twice."""

    __tablename__ = "used_challenges"
    __table_args__ = (Index(None, "expires_at"),)

    expires_at: datetime


class PasskeyOptions(Output):
    model_config = example(
        {"public_key": {"challenge": "MDFhMWZlMDc", "rpId": "app.example.com"}}, base=Output
    )

    public_key: dict[str, Any] = Field(
        description="For `PublicKeyCredential.parseCreationOptionsFromJSON()`, or "
        "`parseRequestOptionsFromJSON()`. Good once, for 5 minutes."
    )


class PasskeyCreate(Input):
    model_config = example({"name": "Ada's phone", "passkey": _ATTESTED["examples"][0]})

    name: Line
    passkey: AttestedCredential


class PasskeyName(Input):
    model_config = example({"name": "Ada's old phone"})

    name: Line


class PasskeySignIn(Input):
    model_config = example({"passkey": _ASSERTED["examples"][0]})

    passkey: AssertedCredential


class PasskeyPublic(Output, PasskeyBase, Identified):
    model_config = example(_EXAMPLE, base=Output)


class PasskeySort(StrEnum):
    CREATED_AT = "created_at"
    CREATED_AT_DESC = "-created_at"


class PasskeyQuery(PageQuery):
    sort: PasskeySort = PasskeySort.CREATED_AT_DESC
