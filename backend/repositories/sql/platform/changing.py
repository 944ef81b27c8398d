"""Optimistic changes of one row, which is read without a lock.

It is written only if it still has the version that was read and nobody else has locked it.
Otherwise the caller retries with a lock.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import inspect, select
from sqlalchemy.orm import Mapper, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_state, manager_of_class, set_committed_value
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.attempts import RowChangedError
from backend.models.platform.mixins import Versioned
from backend.repositories.sql.platform.contention import LOCK
from backend.repositories.sql.platform.rows import is_a_row_alone


class Change(NamedTuple):
    """The new values of a row, by the names of its columns; there may be none."""

    table: type[Versioned]
    row_id: Any
    version: int
    """The version that the row must still have."""
    values: Mapping[str, Any]


class WatchedRow:
    """A row from `Reader` whose changes are tracked, as if a session had read it.

    Attributes:
        is_saved: whether `save` was called for it.
    """

    def __init__(self, row: Versioned) -> None:
        self.row = row
        self.version = row.version
        self.is_saved = False
        manager_of_class(type(row)).setup_instance(row)
        object.__setattr__(row, "__pydantic_fields_set__", set[str]())
        make_transient_to_detached(row)

    def change(self) -> Change:
        """Return all changed values, with the next version and the time of the change."""
        state, given = instance_state(self.row), self.row.__dict__
        mapper: Mapper[Any] = state.mapper
        values = {
            name: given[name]
            for name, before in state.committed_state.items()
            if not mapper.columns[name].type.compare_values(given[name], before)
        }
        if values:
            for column in _set_on_update(type(self.row)):
                values.setdefault(column.name, column.onupdate.arg(None))
            values["version"] = self.version + 1
        return Change(type(self.row), self.row.id, self.version, values)

    async def join(self, session: AsyncSession) -> None:
        """Lock the row, and add it to a session, as if it had been read there.

        Raises:
            RowChangedError: it has another version now, or no longer exists.
        """
        columns = inspect(type(self.row)).columns
        found = select(columns["version"]).where(columns["id"] == self.row.id)
        with session.no_autoflush:
            version = await session.scalar(found.with_for_update(**LOCK))
        if version != self.version:
            raise RowChangedError
        session.add(self.row)
        if self.is_saved:
            await session.flush()

    def changed(self, change: Change) -> None:
        """Set the written values, without marking them as changes."""
        for name, value in change.values.items():
            set_committed_value(self.row, name, value)


@cache
def is_watchable(model: Any) -> bool:
    """Whether rows have versions, no relations, and an id as primary key."""
    mapper: Mapper[Any] = inspect(model)
    return (
        issubclass(model, Versioned)
        and is_a_row_alone(model)
        and [column.name for column in mapper.primary_key] == ["id"]
        and not any(each.deferred for each in mapper.column_attrs)
        and all(column.onupdate.is_callable for column in _set_on_update(model))
    )


@cache
def _set_on_update(model: Any) -> list[Any]:
    """Return the columns that every change sets."""
    mapper: Mapper[Any] = inspect(model)
    return [column for column in mapper.columns if column.onupdate is not None]
