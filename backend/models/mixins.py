"""Columns that many tables share."""

from datetime import UTC, datetime
from uuid import UUID

from sqlmodel import Field, SQLModel
from uuid_utils.compat import uuid7


def now() -> datetime:
    return datetime.now(UTC)


def new_id() -> UUID:
    """A UUIDv7: it begins with the time, so that new rows lie together in every index."""
    return uuid7()


class Identified(SQLModel):
    id: UUID = Field(default_factory=new_id, primary_key=True)


class Timestamped(SQLModel):
    """`updated_at` is that of the last change, and a little after `created_at` in a new row."""

    created_at: datetime = Field(default_factory=now)
    updated_at: datetime = Field(default_factory=now, sa_column_kwargs={"onupdate": now})
