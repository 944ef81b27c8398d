"""Lists as CSV, for spreadsheets."""

import csv
import io
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

MEDIA_TYPE = "text/csv"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

CSV_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A page; or, with `Accept: text/csv`, all rows that match, as CSV.",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
    }
}


async def _wants_csv(request: Request, response: Response) -> bool:
    response.headers["Vary"] = "Accept"
    accepted = request.headers.get("accept", "").split(",")
    return any(each.split(";")[0].strip().lower() == MEDIA_TYPE for each in accepted)


WantsCsv = Annotated[bool, Depends(_wants_csv)]


async def csv_response(
    pages: AsyncIterator[Sequence[Any]], schema: type[BaseModel], name: str
) -> StreamingResponse:
    """Stream rows as they come. What goes wrong with the first page is an error, not a file."""
    first = await anext(pages)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Vary": "Accept"}
    return StreamingResponse(_lines(first, pages, schema), media_type=MEDIA_TYPE, headers=headers)


async def _lines(
    first: Sequence[Any], rest: AsyncIterator[Sequence[Any]], schema: type[BaseModel]
) -> AsyncIterator[str]:
    yield _written([list(schema.model_fields)])
    yield _written(_cells(row, schema) for row in first)
    async for rows in rest:
        yield _written(_cells(row, schema) for row in rows)


def _written(rows: Iterable[Sequence[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()


def _cells(row: Any, schema: type[BaseModel]) -> list[str]:
    shown = schema.model_validate(row, from_attributes=True).model_dump(mode="json")
    return [_cell(value) for value in shown.values()]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    # A spreadsheet would run it, and anybody may have written it.
    return f"'{value}" if value.startswith(_FORMULA) else value
