"""One search over all that the caller may see."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    func,
    literal,
    literal_column,
    select,
    union_all,
)
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.permissions import Principal
from backend.models.files.files import File
from backend.models.platform.mixins import Archivable, Archived
from backend.models.sales.customers import Customer
from backend.models.sales.leads import Lead
from backend.models.sales.products import Product
from backend.models.search.search import SearchGroup, SearchHit, SearchKind
from backend.models.tasks.tasks import Task
from backend.repositories.sql.files.files import visible_files
from backend.repositories.sql.platform.filters import not_put_aside
from backend.repositories.sql.platform.full_text import marked_words, newest_matches, text_query
from backend.repositories.sql.platform.templates import Template
from backend.repositories.sql.search.snippets import BEGIN, END, snippet


@dataclass(frozen=True)
class _Source:
    """The source of the hits of one kind."""

    model: Any
    title: Any
    text: str


SOURCES = {
    SearchKind.CUSTOMERS: _Source(
        Customer, Customer.name, "concat_ws(' ', name, company, email, phone, notes)"
    ),
    SearchKind.LEADS: _Source(
        Lead, Lead.name, "concat_ws(' ', name, company, email, phone, source, notes)"
    ),
    SearchKind.PRODUCTS: _Source(Product, Product.name, "concat_ws(' ', sku, name, description)"),
    SearchKind.TASKS: _Source(Task, Task.title, "concat_ws(' ', title, description)"),
    SearchKind.FILES: _Source(File, File.name, "name"),
}


@dataclass(frozen=True)
class _Asked:
    """What the selects of all kinds have in common.

    Attributes:
        words: a row has to match them.
        marks: the words to mark in snippets.
        files: the files that the caller may see.
    """

    words: ColumnElement[Any]
    marks: ColumnElement[Any]
    files: ColumnElement[bool]
    limit: int


class SqlSearchRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(
        self, q: str, kinds: Sequence[SearchKind], limit: int, by: Principal
    ) -> list[SearchGroup]:
        if not kinds:
            return []
        asked = _Asked(text_query(q), marked_words(q), visible_files(by), limit)

        def build() -> Any:
            return union_all(*(_hits(kind, asked) for kind in kinds))

        inputs = [asked.words, asked.marks]
        if SearchKind.FILES in kinds:
            inputs.append(asked.files)
        template = Template((SearchHit, tuple(kinds), limit), inputs, build)
        found = await template.rows(self._session)
        rows = sorted(found, key=lambda row: (row.rank, row.id), reverse=True)
        groups = []
        for kind in kinds:
            hits = [_hit(row) for row in rows if row.kind == kind]
            if hits:
                more = len(hits) > limit
                groups.append(SearchGroup(kind=kind, hits=hits[:limit], has_more=more))
        return groups


def _hits(kind: SearchKind, asked: _Asked) -> Select[Any]:
    """Select the best matches, and one extra row."""
    source = SOURCES[kind]
    conditions = [asked.files] if kind is SearchKind.FILES else []
    if issubclass(source.model, Archivable):
        conditions += not_put_aside(source.model, Archived.NO)
    ranked = newest_matches(source.model, asked.words, conditions).subquery()
    best = select(ranked).order_by(ranked.c.rank.desc(), ranked.c.id.desc())
    best_ids = best.limit(asked.limit + 1).subquery()
    clean = func.translate(literal_column(source.text, String()), BEGIN + END, "")
    hits = (
        select(source.model.id, source.title.label("title"), clean.label("text"), best_ids.c.rank)
        .join(best_ids, best_ids.c.id == source.model.id)
        .offset(0)
        .subquery()
    )
    return select(
        literal(kind.value).label("kind"),
        hits.c.id,
        hits.c.title,
        snippet(hits, hits.c.text, asked.marks).label("snippet"),
        hits.c.rank,
    )


def _hit(row: Any) -> SearchHit:
    marked = html.escape(row.snippet).replace(BEGIN, "<mark>").replace(END, "</mark>")
    return SearchHit(id=row.id, title=row.title, snippet=marked)
