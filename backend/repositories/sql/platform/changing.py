"""A row that was read without a lock to be changed, and what has become of it.

Nobody waits for anybody then: the row is written if it is still at the version that was read, and
nobody else is changing it. Otherwise whoever changes it begins again, with a lock.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import inspect, select
from sqlalchemy.orm import Mapper, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_state, manager_of_class, set_committed_value
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.attempts import RowMovedError
from backend.models.platform.mixins import Versioned
from backend.repositories.sql.platform.contention import LOCK
from backend.repositories.sql.platform.rows import is_a_row_alone


class Change(NamedTuple):
    """Of one row: the values that are new, by the names of its columns; perhaps none."""

    table: type[Versioned]
    row_id: Any
    version: int
    """The one that the row has to be at."""
    values: Mapping[str, Any]


class WatchedRow:
    """A row that `Reader` made, as if a session had read it: what is set in it is noticed.

    Attributes:
        is_saved: whether it was told that the row is to be written.
    """

    def __init__(self, row: Versioned) -> None:
        self.row = row
        self.version = row.version
        self.is_saved = False
        manager_of_class(type(row)).setup_instance(row)
        object.__setattr__(row, "__pydantic_fields_set__", set[str]())
        make_transient_to_detached(row)

    def change(self) -> Change:
        """All that was set, with the version and the moment of the change."""
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
        """Lock the row, and hand it to a session, as if it had been read there.

        Raises:
            RowMovedError: it is at another version by now, or gone.
        """
        columns = inspect(type(self.row)).columns
        found = select(columns["version"]).where(columns["id"] == self.row.id)
        with session.no_autoflush:
            version = await session.scalar(found.with_for_update(**LOCK))
        if version != self.version:
            raise RowMovedError
        session.add(self.row)
        if self.is_saved:
            await session.flush()

    def changed(self, change: Change) -> None:
        """The row is as it was written."""
        for name, value in change.values.items():
            set_committed_value(self.row, name, value)


@cache
def is_watchable(model: Any) -> bool:
    """Whether a row is its columns, tells one version from another, and is found by its id."""
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
    """The columns that a change sets besides those that were given."""
    mapper: Mapper[Any] = inspect(model)
    return [column for column in mapper.columns if column.onupdate is not None]
