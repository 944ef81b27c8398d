"""For whom a unit of work is opened: whose rows it may touch."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID

FIRST_ORGANISATION: Final = UUID("01976d5e-8f60-7c3a-9b52-5d1f0a6c7000")
"""The organisation that every database has from its migration on."""

NO_ORGANISATION: Final = UUID(int=0)
"""Of rows that belong to none, such as an account that somebody has registered."""


class Organisations(StrEnum):
    """How many organisations an installation serves."""

    ONE = "one"
    MANY = "many"


class Scope(Protocol):
    """A caller (`Principal`), an organisation (`Within`), or `SYSTEM`."""

    @property
    def organisation_id(self) -> UUID | None: ...


@dataclass(frozen=True, slots=True)
class Within:
    """Work for an organisation as a whole, such as by a job."""

    organisation_id: UUID

    @classmethod
    def of_job(cls, organisation_id: str | None) -> "Within":
        """The scope of a job by its argument; see `JobRequest.within`."""
        return cls(UUID(organisation_id)) if organisation_id else FIRST


FIRST: Final = Within(FIRST_ORGANISATION)


@dataclass(frozen=True, slots=True)
class System:
    """Work for no organisation: before somebody is known, or for the whole installation.

    Each place that does it is listed in `tests/unit/test_scopes.py` with its reason.
    """

    @property
    def organisation_id(self) -> None:
        return None


SYSTEM: Final = System()
