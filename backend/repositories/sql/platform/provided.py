"""The repositories of a unit of work, each declared by its class."""

from collections.abc import Callable
from typing import Generic, Self, TypeVar, overload

from sqlmodel.ext.asyncio.session import AsyncSession

Provided = TypeVar("Provided")


class SqlRepositories:
    """Repositories that share a session, which the unit of work sets."""

    _session: AsyncSession


class provided(Generic[Provided]):  # noqa: N801  # it reads as `property` does
    """A repository, created on the session of its unit at the first access."""

    def __init__(self, make: Callable[[AsyncSession], Provided]) -> None:
        self._make = make
        self._name = ""

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, unit: None, owner: type) -> Self: ...
    @overload
    def __get__(self, unit: SqlRepositories, owner: type) -> Provided: ...
    def __get__(self, unit: SqlRepositories | None, owner: type) -> Self | Provided:
        if unit is None:
            return self
        made = self._make(unit._session)  # noqa: SLF001  # both are of this file
        # From here on Python finds it in the unit without calling this again.
        unit.__dict__[self._name] = made
        return made
