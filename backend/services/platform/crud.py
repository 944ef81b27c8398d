"""The common operations of plain resources: read, list, change and delete."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from backend.core.attempts import retried
from backend.core.permissions import Principal, SubjectKind
from backend.core.preconditions import Precondition
from backend.models.platform.base import Update
from backend.models.platform.domain_events import (
    Changes,
    DomainEvent,
    ResourceChanged,
    changes_between,
)
from backend.models.platform.idempotency import Answered, IdempotencyKey, Outcome, Replay, Replayed
from backend.models.platform.mixins import Versioned
from backend.models.platform.paging import Page, PageQuery
from backend.repositories.platform.base import ListedRepository
from backend.repositories.platform.unit import PlatformReading, PlatformUnit, Units

Unit = TypeVar("Unit", bound=PlatformUnit)
Reading = TypeVar("Reading", bound=PlatformReading)
Row = TypeVar("Row", bound=Versioned)
Query = TypeVar("Query", bound=PageQuery)
Data = TypeVar("Data", bound=Update)


class CrudService(Generic[Unit, Reading, Row, Query, Data]):
    """Each resource is a subclass, which adds `create` and its own rules.

    It is typed with the units of its area.

    Every change is recorded with the changed values; requests that change nothing are not.

    Attributes:
        own_events: by verb, the class of its event where that is not `ResourceChanged`.
    """

    own_events: ClassVar[Mapping[str, Callable[..., DomainEvent]]] = {}

    def __init__(
        self,
        uow: Units[Unit, Reading],
        kind: SubjectKind,
        rows: Callable[[Unit | Reading], ListedRepository[Row, Query]],
    ) -> None:
        self._uow = uow
        self._kind = kind
        self._rows = rows

    async def read(self, row_id: UUID, by: Principal) -> Row:
        """Raises NotFoundError."""
        async with self._uow.reading(by) as uow:
            return await self._get(uow, row_id, by)

    async def page(self, query: Query, by: Principal) -> Page[Row]:
        """Raises InvalidCursorError."""
        async with self._uow.reading(by) as uow:
            return await self._page(uow, query, by)

    @retried
    async def update(self, row_id: UUID, data: Data, by: Principal, match: Precondition) -> Row:
        """Change the fields that `data` sets.

        Raises:
            NotFoundError: there is no such row.
            PreconditionFailedError: the row is at another version than the caller expects.
            InvalidInputError: a field refers to a row that does not exist.
        """
        async with self._changing(row_id, by, match) as (uow, row):
            await self._apply(uow, row, data.changes(), by)
        return row

    @retried
    async def delete(self, row_id: UUID, by: Principal, match: Precondition) -> None:
        """Raises as `update` does, or ConflictError while other rows refer to this one."""
        async with self._uow(by) as uow:
            row = await self._get(uow, row_id, by, for_update=True)
            match.check(row.version)
            facts = row.facts() | await self._let_go(uow, row)
            await self._rows(uow).delete(row)
            changes = changes_between(facts, {}, row.private_fields())
            self._record(uow, row, "deleted", changes, by)
            await uow.commit()

    @retried
    async def _add(self, row: Row, by: Principal, key: IdempotencyKey | None) -> Outcome[Row]:
        async with self._uow(by) as uow:
            match await uow.idempotency.claim(key, row.id):
                case Replay(earlier):
                    return Replayed(await self._rows(uow).get(earlier))
                case Answered() as answered:
                    return answered
            await self._check_new(uow, row, by)
            await self._rows(uow).add_new(row)
            changes = changes_between({}, row.facts(), row.private_fields())
            self._record(uow, row, "created", changes, by)
            await uow.commit()
        return row

    async def _get(
        self, uow: Unit | Reading, row_id: UUID, by: Principal, *, for_update: bool = False
    ) -> Row:
        """Override to hide rows from some callers."""
        return await self._rows(uow).get(row_id, for_update=for_update)

    async def _page(self, uow: Unit | Reading, query: Query, by: Principal) -> Page[Row]:
        return await self._rows(uow).page(query)

    async def _check(self, uow: Unit, row: Row, before: Row | None, by: Principal) -> None:
        """Override for the rules of the resource. Called before a row is created or changed.

        `row` is as it would be, and in no session: queries write nothing of it early. `before` is
        the row as it is; None if it is new.
        """

    async def _check_new(self, uow: Unit, row: Row, by: Principal) -> None:
        """Override to complete new rows, or for rules that only they have."""
        await self._check(uow, row, None, by)

    async def _apply(self, uow: Unit, row: Row, changes: dict[str, Any], by: Principal) -> None:
        """Apply the changes to the row. Override where that is more than setting its columns."""
        # Without rules there is nobody to make the copy for.
        if type(self)._check is not CrudService._check:  # noqa: SLF001  # its own method
            await self._check(uow, type(row)(**{**dict(row), **changes}), row, by)
        row.sqlmodel_update(changes)

    async def _let_go(self, uow: Unit, row: Row) -> dict[str, Any]:
        """Detach rows that refer to a deleted one; returns them for the audit trail."""
        return {}

    def _events(
        self, row: Row, verb: str, changes: Changes, by: Principal
    ) -> Iterable[DomainEvent]:
        """Return the events of a change. Override where `own_events` do not suffice."""
        if own := self.own_events.get(verb):
            yield own(subject_id=row.id, by=by, changes=changes)
            return
        yield ResourceChanged(kind=self._kind, verb=verb, subject_id=row.id, by=by, changes=changes)

    def _record(self, uow: Unit, row: Row, verb: str, changes: Changes, by: Principal) -> None:
        if changes:
            for event in self._events(row, verb, changes, by):
                uow.record(event)

    @asynccontextmanager
    async def _changing(
        self, row_id: UUID, by: Principal, match: Precondition, verb: str = "updated"
    ) -> AsyncIterator[tuple[Unit, Row]]:
        """Lock a row, let the caller change it, and commit unless an error was raised."""
        async with self._uow(by) as uow:
            row = await self._get(uow, row_id, by, for_update=True)
            match.check(row.version)
            before = row.facts()
            yield uow, row
            await self._rows(uow).save(row)
            changes = changes_between(before, row.facts(), row.private_fields())
            self._record(uow, row, verb, changes, by)
            await uow.commit()
