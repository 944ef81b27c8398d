"""Snippets: the parts of a text that match a search.

`ts_headline` takes quadratic time in the matches: with 5,000 in a text, a tenth of a second. So for
a long text it gets a piece.
"""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, case, cast, func, select, union_all
from sqlalchemy.dialects.postgresql import TSQUERY

# Not printable, so that nobody types them.
BEGIN, END = "\x02", "\x03"
# Short words count: otherwise a short text around a match would be cut off.
_OPTIONS = f"StartSel={BEGIN},StopSel={END},MaxWords=24,MinWords=8,MaxFragments=2,ShortWord=0"

_PIECE = 2000
_STEP = 1500
"""Pieces overlap, so that every match has context."""


def snippet(
    rows: FromClause, text: ColumnElement[str], all_of_them: ColumnElement[Any]
) -> ColumnElement[str]:
    """Return the snippet of each row, with matches of words between BEGIN and END.

    Args:
        all_of_them: the words, see `marked_words`.
    """
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
    """The pieces of a text with matches."""
    start = func.generate_series(1, func.length(text), _STEP).column_valued("start")
    piece = func.substr(text, start, _PIECE)
    document = func.to_tsvector(func.search_configuration(), piece)
    is_found = document.op("@@")(words)
    return select(piece.label("piece"), words.label("words")).where(is_found).correlate(rows)


def _headline(text: ColumnElement[str], words: ColumnElement[Any]) -> ColumnElement[str]:
    return func.ts_headline(func.search_configuration(), text, words, _OPTIONS)
