"""Statements built once for all values that they are run with.

Building a search takes SQLAlchemy many times as long as running it. So callers pass the expressions
that contain values, which are cheap, and a function that builds the statement from them. If it was
built for the same shape before, only the values are replaced.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Self, cast

from sqlalchemy import BindParameter, ClauseElement
from sqlmodel.ext.asyncio.session import AsyncSession


class Template:
    """A statement for later.

    Attributes:
        inputs: the expressions with everything in which two statements of a name may differ.
    """

    def __init__(
        self, name: Hashable, inputs: Sequence[ClauseElement], build: Callable[[], Any]
    ) -> None:
        shapes = [shape_of(each) for each in inputs]
        self.key = (name, tuple(shape.key for shape in shapes))
        self.values: list[BindParameter[Any]] = [
            parameter for shape in shapes for parameter in shape.bindparams
        ]
        self.build = build

    async def rows(self, session: AsyncSession) -> Sequence[Any]:
        """Run it, also in a session that is a `Reader`, and return all rows."""
        found: Any = await session.exec(cast(Any, self))
        rows: Sequence[Any] = found.all()
        return rows


def shape_of(statement: Any) -> Any:
    """SQLAlchemy's cache key of a statement, and its parameters."""
    return statement._generate_cache_key()  # noqa: SLF001  # what SQLAlchemy itself goes by


class Places:
    """Maps the values of a template to the parameters of its statement."""

    def __init__(self, parameters: Sequence[tuple[Any, int | None]]) -> None:
        self._parameters = parameters

    @classmethod
    def of(cls, values: Sequence[Any], parameters: Sequence[Any]) -> Self | None:
        """None if a value can't be found: such a statement must not be reused."""
        places = {value: place for place, value in enumerate(values)}
        # SQLAlchemy copies expressions while building statements.
        found = [
            next((places[each] for each in _itself_and_originals(one) if each in places), None)
            for one in parameters
        ]
        is_whole = set(places.values()) <= set(found)
        return cls(list(zip(parameters, found, strict=True))) if is_whole else None

    def filled(self, values: Sequence[Any]) -> list[Any]:
        """The parameters, with new values."""
        return [own if place is None else values[place] for own, place in self._parameters]


def _itself_and_originals(parameter: Any) -> Iterable[Any]:
    originals: Iterable[Any] = parameter._cloned_set  # noqa: SLF001  # nothing else tells
    return originals
