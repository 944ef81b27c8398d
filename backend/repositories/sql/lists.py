"""Pages of a table: sorted, filtered, searched and counted."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, inspect
from sqlalchemy.orm import defer
from sqlmodel import select

from backend.models.mixins import Identified
from backend.models.paging import MOST_COUNTED, RELEVANCE, Page, PageQuery, SearchableQuery
from backend.repositories.sql.base import SqlRepository
from backend.repositories.sql.filters import created_between
from backend.repositories.sql.full_text import first_matches, matches, newest_matches
from backend.repositories.sql.keyset import SCORE, Keyset, Sort

Row = TypeVar("Row", bound=Identified)
Query = TypeVar("Query", bound=PageQuery)

_MAX_FIRST_PAGES = 500


class SqlList(SqlRepository[Row], Generic[Row, Query]):
    """A table that has a list route.

    Attributes:
        sorts: by the name of the sort, without `-`.
        unlisted: columns that are left out, as they may be large.
    """

    sorts: ClassVar[Mapping[str, Sort[Any]]]
    unlisted: ClassVar[Sequence[Any]] = ()

    def conditions(self, query: Query) -> Iterable[ColumnElement[bool]]:
        """The filters that the query asks for; none unless the table's class says so."""
        return ()

    async def page(self, query: Query) -> Page[Row]:
        return await self._page(query, *self.conditions(query))

    async def _page(self, query: PageQuery, *conditions: ColumnElement[bool]) -> Page[Row]:
        wanted = [*conditions, *created_between(self.model, query)]
        if isinstance(query, SearchableQuery) and query.q:
            page = await self._page_of_matches(query, query.q, wanted)
            wanted.append(matches(self.model, query.q))
        else:
            page = await self._sorted_page(query, wanted)
        if query.total:
            page.total = await self._count(wanted)
        return page

    async def _sorted_page(
        self, query: PageQuery, conditions: Sequence[ColumnElement[bool]]
    ) -> Page[Row]:
        keyset = self._keyset(query.sort)
        if conditions or query.cursor:
            wanted = self._all_listed().where(*conditions)
            statement = keyset.apply(wanted, query.cursor, query.limit)
        else:
            statement = self._first_page(query.sort, query.limit)
        return keyset.page((await self._session.exec(statement)).all(), query.limit)

    @classmethod
    @lru_cache(_MAX_FIRST_PAGES)
    def _first_page(cls, sort: str, limit: int) -> Any:
        """What is asked for most: to put it together takes as long as to run it."""
        return cls._keyset(sort).apply(cls._all_listed(), None, limit)

    @classmethod
    def _all_listed(cls) -> Any:
        left_out = [defer(column, raiseload=True) for column in cls.unlisted]
        return select(cls.model).options(*left_out)

    async def _page_of_matches(
        self, query: PageQuery, q: str, conditions: Sequence[ColumnElement[bool]]
    ) -> Page[Row]:
        if query.sort == RELEVANCE:
            return await self._page_by_relevance(query, q, conditions)
        keyset = self._keyset(query.sort)
        wanted = and_(matches(self.model, q), *conditions)
        place = keyset.behind(query.cursor)
        first = first_matches(self.model, wanted, keyset.order, query.limit + 1, *place).subquery()
        found = select(self.model).join(first, first.c.id == self.model.id)
        rows = await self._session.exec(found.order_by(*keyset.order))
        return keyset.page(rows.all(), query.limit)

    async def _page_by_relevance(
        self, query: PageQuery, q: str, conditions: Sequence[ColumnElement[bool]]
    ) -> Page[Row]:
        ranks: dict[UUID, float] = {}
        newest = newest_matches(self.model, q, conditions).subquery()
        sort: Sort[Row] = Sort(newest.c.rank, lambda row: ranks[row.id], SCORE)
        keyset = Keyset(self.model.__tablename__, f"-{RELEVANCE}", sort, newest.c.id)
        best = keyset.apply(select(newest), query.cursor, query.limit).subquery()
        found = select(self.model, best.c.rank).join(best, best.c.id == self.model.id)
        ordered = found.order_by(best.c.rank.desc(), best.c.id.desc())
        rows = (await self._session.exec(ordered)).all()
        ranks.update((row.id, rank) for row, rank in rows)
        return keyset.page([row for row, _ in rows], query.limit)

    @classmethod
    @cache
    def _keyset(cls, sort_name: str) -> Keyset[Row]:
        sort = cls.sorts[sort_name.removeprefix("-")]
        return Keyset(cls.model.__tablename__, sort_name, sort, inspect(cls.model).columns["id"])

    async def _count(self, conditions: Iterable[ColumnElement[bool]]) -> int:
        ids = select(self.model.id).where(*conditions).order_by(self.model.id)
        some = ids.limit(MOST_COUNTED).subquery()
        return (await self._session.exec(select(func.count()).select_from(some))).one()
