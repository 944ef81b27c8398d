"""Common operations of resources with versions, one of which is active."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar, cast
from uuid import UUID

from backend.core.errors import InvalidInputError, NotFoundError
from backend.core.permissions import Principal, SubjectKind
from backend.core.preconditions import Precondition
from backend.models.platform.domain_events import changes_between
from backend.models.platform.idempotency import Answered, IdempotencyKey, Outcome, Replay, Replayed
from backend.models.platform.paging import Page
from backend.repositories.platform.base import ListedRepository
from backend.repositories.platform.unit import Units
from backend.services.platform.change_events import created
from backend.services.platform.crud import CrudService, Data, Query, Reading, Row, Unit

Version = TypeVar("Version")
VersionQuery = TypeVar("VersionQuery")
VersionQuery_contra = TypeVar("VersionQuery_contra", contravariant=True)


class VersionRepository(Protocol[Version, VersionQuery_contra]):
    async def save(self, row: Version, /) -> None: ...
    async def page_of(self, row_id: UUID, query: VersionQuery_contra, /) -> Page[Version]: ...
    async def find_number(self, row_id: UUID, number: int, /) -> Version | None: ...


class Numbered(Protocol):
    """A row that counts its versions."""

    last_number: int


class VersionedService(
    CrudService[Unit, Reading, Row, Query, Data],
    Generic[Unit, Reading, Row, Query, Data, Version, VersionQuery],
):
    """A row has the definition of its active version. Versions are added, and never change."""

    def __init__(
        self,
        uow: Units[Unit, Reading],
        kind: SubjectKind,
        rows: Callable[[Unit | Reading], ListedRepository[Row, Query]],
        versions: Callable[[Unit | Reading], VersionRepository[Version, VersionQuery]],
    ) -> None:
        super().__init__(uow, kind, rows)
        self._versions = versions

    async def activate(self, row_id: UUID, number: int, by: Principal, match: Precondition) -> Row:
        """Activate this version. Doing it twice changes nothing.

        Raises:
            NotFoundError: there is no such row.
            PreconditionFailedError: it has changed since the caller read it.
            InvalidInputError: it has no such version.
        """
        async with self._changing(row_id, by, match, "activated") as (uow, row):
            self._use(row, await self._version_of(uow, row, number))
        return row

    async def versions(self, row_id: UUID, query: VersionQuery, by: Principal) -> Page[Version]:
        """Raises NotFoundError or InvalidCursorError."""
        async with self._uow.reading(by) as uow:
            await self._rows(uow).get(row_id)
            return await self._versions(uow).page_of(row_id, query)

    async def version(self, row_id: UUID, number: int, by: Principal) -> Version:
        """Raises NotFoundError if there is no such version, or no such row."""
        async with self._uow.reading(by) as uow:
            version = await self._versions(uow).find_number(row_id, number)
        if version is None:
            raise NotFoundError(f"There is no {self._kind} {row_id} with a version {number}.")
        return version

    @abstractmethod
    def _use(self, row: Row, version: Version) -> None:
        """Copy the definition of the version to the row."""

    def _facts_of(self, version: Version) -> dict[str, Any]:
        """What the audit trail records of a new version, besides the changes of its row."""
        return {}

    async def _create(
        self, row: Row, first: Version, by: Principal, key: IdempotencyKey | None
    ) -> Outcome[Row]:
        async with self._uow(by) as uow:
            match await uow.idempotency.claim(key, row.id):
                case Replay(earlier):
                    return Replayed(await self._rows(uow).get(earlier))
                case Answered() as answered:
                    return answered
            await self._rows(uow).save(row)
            await self._versions(uow).save(first)
            uow.record(created(self._kind, row, by))
            await uow.commit()
        return row

    async def _add_version(
        self,
        row_id: UUID,
        next_of: Callable[[Row], Version],
        by: Principal,
        match: Precondition,
        key: IdempotencyKey | None,
        *,
        activate: bool,
    ) -> Outcome[Row]:
        """Add the version that `next_of` makes of the locked row, or refuses."""
        async with self._uow(by) as uow:
            match await uow.idempotency.claim(key, row_id):
                case Replay(earlier):
                    return Replayed(await self._rows(uow).get(earlier))
                case Answered() as answered:
                    return answered
            # Locked, so that of two at once each gets a number of its own.
            row = await self._rows(uow).get(row_id, for_update=True)
            match.check(row.version)
            before = row.facts()
            version = next_of(row)
            if activate:
                self._use(row, version)
            await self._rows(uow).save(row)
            await self._versions(uow).save(version)
            changes = {
                **changes_between({}, self._facts_of(version)),
                **changes_between(before, row.facts()),
            }
            self._record(uow, row, "version_added", changes, by)
            await uow.commit()
        return row

    async def _version_of(self, uow: Unit | Reading, row: Row, number: int) -> Version:
        """Raises InvalidInputError."""
        version = await self._versions(uow).find_number(row.id, number)
        if version is None:
            raise self._no_version(row, number)
        return version

    def _no_version(self, row: Row, number: int) -> InvalidInputError:
        return no_version("number", cast(Numbered, row), number)


def no_version(field: str, row: Numbered, number: int) -> InvalidInputError:
    detail = f"There is no version {number}: versions are numbered 1 to {row.last_number}."
    return InvalidInputError(field, detail, "unknown_reference")
