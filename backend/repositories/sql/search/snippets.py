"""The part of a text in which words were found.

`ts_headline` takes time by the square of the matches: with 5,000 in a text, a tenth of a second.
So of a long text it is given a piece.
"""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, case, cast, func, select, union_all
from sqlalchemy.dialects.postgresql import TSQUERY

from backend.repositories.sql.platform.full_text import marked_words

# Not printable, so that nobody types them.
BEGIN, END = "\x02", "\x03"
# Words of all lengths: without them, a short text around a match would be cut away.
_OPTIONS = f"StartSel={BEGIN},StopSel={END},MaxWords=24,MinWords=8,MaxFragments=2,ShortWord=0"

_PIECE = 2000
_STEP = 1500
"""Pieces overlap, so that something stands around whatever is found."""


def snippet(rows: FromClause, text: ColumnElement[str], q: str) -> ColumnElement[str]:
    """Where in a text of each row words of the query are, each of them between BEGIN and END."""
    all_of_them = marked_words(q)
    any_of_them = cast(
        func.regexp_replace(func.querytree(all_of_them), "&|<[-0-9]+>", "|", "g"), TSQUERY()
    )
    found = union_all(_pieces(rows, text, all_of_them), _pieces(rows, text, any_of_them)).subquery(
        "pieces"
    )
    of_a_piece = select(_headline(found.c.piece, found.c.words)).limit(1).scalar_subquery()
    of_all = _headline(func.left(text, _PIECE), all_of_them)
    return case((func.length(text) > _PIECE, func.coalesce(of_a_piece, of_all)), else_=of_all)


def _pieces(rows: FromClause, text: ColumnElement[str], words: ColumnElement[Any]) -> Select[Any]:
    """The pieces of a text in which something is found, and what."""
    start = func.generate_series(1, func.length(text), _STEP).column_valued("start")
    piece = func.substr(text, start, _PIECE)
    document = func.to_tsvector(func.search_configuration(), piece)
    is_found = document.op("@@")(words)
    return select(piece.label("piece"), words.label("words")).where(is_found).correlate(rows)


def _headline(text: ColumnElement[str], words: ColumnElement[Any]) -> ColumnElement[str]:
    return func.ts_headline(func.search_configuration(), text, words, _OPTIONS)
