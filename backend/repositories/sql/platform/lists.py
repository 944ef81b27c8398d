"""Pages of a table: sorted, filtered, searched and counted."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Double, Uuid, and_, column, func, inspect
from sqlalchemy.orm import defer
from sqlmodel import select

from backend.models.platform.mixins import Identified
from backend.models.platform.paging import MAX_COUNTED, RELEVANCE, Page, PageQuery, SearchableQuery
from backend.repositories.sql.platform.base import SqlRepository
from backend.repositories.sql.platform.filters import created_between
from backend.repositories.sql.platform.full_text import (
    count_matches,
    first_matches,
    matches,
    newest_matches,
    text_query,
)
from backend.repositories.sql.platform.keyset import SCORE, Keyset, Sort
from backend.repositories.sql.platform.templates import Template

Row = TypeVar("Row", bound=Identified)
Query = TypeVar("Query", bound=PageQuery)


class SqlList(SqlRepository[Row], Generic[Row, Query]):
    """A table that has a list route.

    Attributes:
        sorts: by the name of the sort, without `-`.
        unlisted: columns left out of lists, as they may be large.
    """

    sorts: ClassVar[Mapping[str, Sort[Any]]]
    unlisted: ClassVar[Sequence[Any]] = ()

    def conditions(self, query: Query) -> Iterable[ColumnElement[bool]]:
        """Return the filters of the query; subclasses add them."""
        return ()

    async def page(self, query: Query) -> Page[Row]:
        return await self._page(query, *self.conditions(query))

    async def _page(self, query: PageQuery, *conditions: ColumnElement[bool]) -> Page[Row]:
        wanted = [*conditions, *created_between(self.model, query)]
        if isinstance(query, SearchableQuery) and query.q:
            page = await self._page_of_matches(query, query.q, wanted)
        else:
            page = await self._sorted_page(query, wanted)
        if query.total:
            page.total = await self._total(query, wanted)
        return page

    async def _sorted_page(
        self, query: PageQuery, conditions: Sequence[ColumnElement[bool]]
    ) -> Page[Row]:
        keyset = self._keyset(query.sort)
        place = keyset.behind(query.cursor)

        def build() -> Any:
            left_out = [defer(column, raiseload=True) for column in self.unlisted]
            wanted = select(self.model).options(*left_out).where(*conditions, *place)
            return wanted.order_by(*keyset.order).limit(query.limit + 1)

        rows = await self._exec(query, "sorted", [*conditions, *place], build)
        return keyset.page(rows, query.limit)

    async def _page_of_matches(
        self, query: PageQuery, q: str, conditions: Sequence[ColumnElement[bool]]
    ) -> Page[Row]:
        if query.sort == RELEVANCE:
            return await self._page_by_relevance(query, q, conditions)
        keyset = self._keyset(query.sort)
        place = keyset.behind(query.cursor)
        wanted = [matches(self.model, q), *conditions]

        def build() -> Any:
            count = query.limit + 1
            first = first_matches(self.model, and_(*wanted), keyset.order, count, *place).subquery()
            found = select(self.model).join(first, first.c.id == self.model.id)
            return found.order_by(*keyset.order)

        rows = await self._exec(query, "matching", [*wanted, *place], build)
        return keyset.page(rows, query.limit)

    async def _page_by_relevance(
        self, query: PageQuery, q: str, conditions: Sequence[ColumnElement[bool]]
    ) -> Page[Row]:
        ranks: dict[UUID, float] = {}
        rank: ColumnElement[float] = column("rank", Double())
        row_id: ColumnElement[UUID] = column("id", Uuid())
        sort: Sort[Row] = Sort(rank, lambda row: ranks[row.id], SCORE)
        keyset = Keyset(self.model.__tablename__, f"-{RELEVANCE}", sort, row_id)
        place, words = keyset.behind(query.cursor), text_query(q)

        def build() -> Any:
            newest = newest_matches(self.model, words, conditions).subquery()
            best: Any = (
                select(newest.c.id, newest.c.rank)
                .where(*place)
                .order_by(*keyset.order)
                .limit(query.limit + 1)
            )
            found = best.subquery()
            rows: Any = select(self.model, found.c.rank)
            rows = rows.join(found, found.c.id == self.model.id)
            return rows.order_by(found.c.rank.desc(), found.c.id.desc())

        rows = await self._exec(query, "relevant", [words, *conditions, *place], build)
        ranks.update((row.id, rank) for row, rank in rows)
        return keyset.page([row for row, _ in rows], query.limit)

    async def _exec(
        self,
        query: PageQuery,
        name: str,
        inputs: Sequence[ColumnElement[Any]],
        build: Callable[[], Any],
    ) -> Sequence[Any]:
        template = Template((self.model, name, query.sort, query.limit), inputs, build)
        return await template.rows(self._session)

    @classmethod
    @cache
    def _keyset(cls, sort_name: str) -> Keyset[Row]:
        sort = cls.sorts[sort_name.removeprefix("-")]
        return Keyset(cls.model.__tablename__, sort_name, sort, inspect(cls.model).columns["id"])

    async def _total(self, query: PageQuery, conditions: Sequence[ColumnElement[bool]]) -> int:
        """Count all pages of a query, up to MAX_COUNTED rows."""
        if isinstance(query, SearchableQuery) and query.q:
            wanted = and_(matches(self.model, query.q), *conditions)
            return (await self._session.exec(count_matches(self.model, wanted, MAX_COUNTED))).one()
        # The indexes of filters have the list's usual order: none has to be sorted.
        order = self._keyset(type(query).model_fields["sort"].default).order
        return await self._count(conditions, order)

    async def _count(
        self, conditions: Iterable[ColumnElement[bool]], order: Sequence[ColumnElement[Any]] = ()
    ) -> int:
        """Count up to MAX_COUNTED rows, the first in an order that an index has."""
        ids = select(self.model.id).where(*conditions).order_by(*order)
        some = ids.limit(MAX_COUNTED).subquery()
        return (await self._session.exec(select(func.count()).select_from(some))).one()
