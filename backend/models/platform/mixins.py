"""Columns that many tables share."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar, Self
from uuid import UUID

from sqlalchemy.orm import class_mapper, declared_attr
from sqlmodel import Field, SQLModel
from uuid_utils.compat import uuid7

from backend.models.platform.base import config


def now() -> datetime:
    return datetime.now(UTC)


new_id: Callable[[], UUID] = uuid7
"""Return a UUIDv7: it begins with the time, so that new rows are adjacent in every index."""


def moment_of(row_id: UUID) -> datetime:
    """Return when an id was made by `new_id`, to the millisecond."""
    return datetime.fromtimestamp((row_id.int >> 80) / 1000, UTC)


_BOOKKEEPING = ("id", "version", "created_at", "updated_at")


class Identified(SQLModel):
    """A row with an id.

    Attributes:
        secrets: columns never shown, not even in the audit trail.
    """

    # Few rows are ever validated: what would do it is built with the first.
    model_config = config(defer_build=True)

    secrets: ClassVar[frozenset[str]] = frozenset()

    id: UUID = Field(default_factory=new_id, primary_key=True)

    @classmethod
    def from_input(cls, data: SQLModel, **given: Any) -> Self:
        """Return a new row with the values of an input, of which `given` replaces some.

        All are validated, as by `model_validate`, which then also sets one by one for SQLAlchemy
        to compare with what was before. In a new row nothing was.

        Raises:
            ValidationError: a value is missing, or not one of its column.
        """
        row: Self = cls.__new__(cls)
        cls.__pydantic_validator__.validate_python(data.__dict__ | given, self_instance=row)
        class_mapper(cls).class_manager.setup_instance(row)
        return row

    def private_fields(self) -> Iterable[str]:
        """Columns for their owner alone: the audit trail only records that they changed."""
        return ()

    def facts(self) -> dict[str, Any]:
        """Return the row for the audit trail, as JSON values."""
        return self.model_dump(mode="json", exclude={*_BOOKKEEPING, *self.secrets})


class Timestamped(SQLModel):
    """`updated_at` is the time of the last change; in a new row, `created_at`."""

    created_at: datetime = Field(default_factory=now)
    updated_at: datetime = Field(default_factory=now, sa_column_kwargs={"onupdate": now})

    def model_post_init(self, _context: Any) -> None:
        if "updated_at" not in self.model_fields_set:
            # Not by attribute: while pydantic validates, SQLAlchemy does not know the row yet.
            self.__dict__["updated_at"] = self.__dict__["created_at"]


class Versioned(Identified):
    """A row that counts its changes, so that nobody overwrites a version they have not read."""

    version: int = Field(default=1, ge=1, description="Changes with each update; see `ETag`.")

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805  # SQLAlchemy calls it with the class
        return {"version_id_col": cls.__table__.c.version}  # type: ignore[attr-defined]  # a table


class Archivable(Versioned):
    """A row that can be archived: lists leave it out; rows that refer to it stay."""

    archived_at: datetime | None = None

    def archive(self) -> None:
        """Archiving an archived row changes nothing."""
        self.archived_at = self.archived_at or now()

    def restore(self) -> None:
        self.archived_at = None


class Archived(StrEnum):
    """Which rows a list shows."""

    NO = "false"
    ONLY = "true"
    ANY = "any"
