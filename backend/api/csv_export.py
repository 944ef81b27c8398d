"""Lists as CSV, for spreadsheets."""

import csv
import io
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from backend.api.accept import prefers
from backend.models.exchange.sheets import columns_of, harmless, header_of, value_in

MEDIA_TYPE = "text/csv"
_BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel assumes another encoding. Imports skip it."""

CSV_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A page; or, with `Accept: text/csv`, all rows that match, as CSV.",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
        "headers": {
            "Content-Disposition": {
                "description": "Of CSV: an attachment, with its name.",
                "schema": {"type": "string"},
            }
        },
    }
}


async def _wants_csv(request: Request, response: Response) -> bool:
    response.headers["Vary"] = "Accept"
    return prefers(request, MEDIA_TYPE)


WantsCsv = Annotated[bool, Depends(_wants_csv)]


async def csv_response(
    pages: AsyncIterator[Sequence[Any]], schema: type[BaseModel], name: str
) -> StreamingResponse:
    """Stream rows as they are read. Errors on the first page are raised before the start."""
    first = await anext(pages)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Vary": "Accept"}
    return StreamingResponse(_lines(first, pages, schema), media_type=MEDIA_TYPE, headers=headers)


async def _lines(
    first: Sequence[Any], rest: AsyncIterator[Sequence[Any]], schema: type[BaseModel]
) -> AsyncIterator[str]:
    columns = columns_of(schema)
    yield _BYTE_ORDER_MARK + _written([[header_of(column) for column in columns]])
    yield _written(_cells(row, schema, columns) for row in first)
    async for rows in rest:
        yield _written(_cells(row, schema, columns) for row in rows)


def _written(rows: Iterable[Sequence[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()


def _cells(row: Any, schema: type[BaseModel], columns: Sequence[tuple[str, ...]]) -> list[str]:
    shown = schema.model_validate(row, from_attributes=True).model_dump(mode="json")
    return [_cell(value_in(shown, column)) for column in columns]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return harmless(value)
