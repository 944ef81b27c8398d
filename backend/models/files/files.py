"""Files that somebody has uploaded, for themselves or for the team."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import MISSING, Field as PydanticField
from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlmodel import Field, SQLModel

from backend.models.platform.base import Output, Update, example
from backend.models.platform.fields import Line, Term
from backend.models.platform.full_text import make_searchable
from backend.models.platform.meanings import kept
from backend.models.platform.mixins import Identified, Timestamped, Versioned
from backend.models.platform.organisations import OfOrganisation
from backend.models.platform.paging import SearchableQuery
from backend.models.platform.personal import personal
from backend.models.platform.sort_keys import sorted_by
from backend.models.tasks.modules import FILLED


class FileSubject(NamedTuple):
    """The objects that a file can be attached to."""

    customer_id: UUID | None = None
    lead_id: UUID | None = None
    task_id: UUID | None = None
    module_id: UUID | None = None

    @property
    def is_team_data(self) -> bool:
        """Files in a module and files attached to nothing are private to their owner."""
        return any((self.customer_id, self.lead_id, self.task_id))

    @property
    def named(self) -> list[str]:
        """The fields that are set: at most one when stored."""
        return [name for name, reference in self._asdict().items() if reference]

    def moved(self, changes: Mapping[str, Any]) -> "FileSubject":
        """Apply a change; a new place replaces the previous one."""
        given = {name: changes[name] for name in self._fields if name in changes}
        return FileSubject(**given) if any(given.values()) else self._replace(**given)


class FileUsage(NamedTuple):
    """A person's files: how many, and of how many bytes."""

    files: int
    bytes: int


class FileBase(SQLModel):
    name: str = Field(max_length=255)
    media_type: str = Field(description="Determined by the content, not by the name.")
    size: int = Field(ge=1, description="In bytes.")
    sha256: str = Field(description="Of the content, in hexadecimal.")
    owner_id: UUID = Field(description="Who uploaded it.")
    customer_id: UUID | None = None
    lead_id: UUID | None = None
    task_id: UUID | None = None
    module_id: UUID | None = None


class File(OfOrganisation, Versioned, Timestamped, FileBase, Identified, table=True):
    """The content is in the storage under `storage_key`, and never changes."""

    __tablename__ = "files"
    __table_args__ = (
        Index(None, "created_at", "id"),
        sorted_by("files", "name"),
        Index(None, "size", "id"),
        Index(None, "owner_id", "created_at", "id"),
        Index(None, "customer_id", "created_at", "id"),
        Index(None, "lead_id", "created_at", "id"),
        Index(None, "task_id", "created_at", "id"),
        Index(None, "module_id", "created_at", "id"),
        CheckConstraint("num_nonnulls(customer_id, lead_id, task_id, module_id) <= 1", "subject"),
    )

    size: int = Field(sa_type=BigInteger)
    owner_id: UUID = Field(
        foreign_key="users.id",
        sa_column_kwargs={"info": personal(unless=("customer_id", "lead_id", "task_id"))},
    )
    customer_id: UUID | None = Field(
        default=None,
        foreign_key="customers.id",
        sa_column_kwargs={
            "info": kept(
                "Files are attached to this customer: delete them first, or archive the customer."
            )
        },
    )
    lead_id: UUID | None = Field(
        default=None,
        foreign_key="leads.id",
        sa_column_kwargs={"info": kept("Files are attached to this lead: delete them first.")},
    )
    task_id: UUID | None = Field(
        default=None,
        foreign_key="tasks.id",
        sa_column_kwargs={"info": kept("Files are attached to this task: delete them first.")},
    )
    module_id: UUID | None = Field(
        default=None, foreign_key="modules.id", sa_column_kwargs={"info": kept(FILLED)}
    )

    @property
    def subject(self) -> FileSubject:
        return FileSubject(self.customer_id, self.lead_id, self.task_id, self.module_id)

    def private_fields(self) -> Iterable[str]:
        return () if self.subject.is_team_data else ("name", "media_type", "size", "sha256")

    @property
    def storage_key(self) -> str:
        return str(self.id)


make_searchable(File, "name", "''")


class FileUpdate(Update):
    """Only the fields that are sent change. A new place replaces the old; null detaches."""

    model_config = example({"customer_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e03"})

    name: Line | MISSING = MISSING
    customer_id: UUID | None | MISSING = MISSING
    lead_id: UUID | None | MISSING = MISSING
    task_id: UUID | None | MISSING = MISSING
    module_id: UUID | None | MISSING = MISSING


DETACHED = FileUpdate(customer_id=None, lead_id=None, task_id=None, module_id=None)
"""Return the fields of a file that is attached to nothing."""


class FilePublic(Output, Versioned, Timestamped, FileBase, Identified):
    model_config = example(
        {
            "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e08",
            "name": "offer.pdf",
            "media_type": "application/pdf",
            "size": 48_213,
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "owner_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e01",
            "customer_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e03",
            "lead_id": None,
            "task_id": None,
            "module_id": None,
            "created_at": "2026-06-01T09:30:00Z",
            "updated_at": "2026-06-01T09:30:00Z",
            "version": 1,
        },
        base=Output,
    )


class FileSort(StrEnum):
    CREATED_AT = "created_at"
    CREATED_AT_DESC = "-created_at"
    NAME = "name"
    NAME_DESC = "-name"
    SIZE = "size"
    SIZE_DESC = "-size"
    RELEVANCE = "relevance"


class FileQuery(SearchableQuery):
    sort: FileSort = FileSort.CREATED_AT_DESC
    media_type: list[Term] = PydanticField(
        default=[], description="Any of these types.", max_length=20
    )
    owner_id: UUID | None = None
    customer_id: UUID | None = None
    lead_id: UUID | None = None
    task_id: UUID | None = None
    module_id: UUID | None = None
