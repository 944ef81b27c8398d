"""Imports: rows of a spreadsheet that become rows of the team's data."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from backend.core.storable import UNSTORABLE
from backend.models.exchange.sheets import SheetResource
from backend.models.platform.base import Input, Output, example
from backend.models.platform.fields import Flag, Line

MAX_ERRORS = 1_000
"""The number of row errors that are stored; the others are counted."""

MAX_COLUMNS = 200


class ImportInputs(Input):
    model_config = example(
        {
            "resource": "tasks",
            "file_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e08",
            "dry_run": True,
            "all_or_nothing": True,
            "mapping": {"Task": "title"},
        }
    )

    resource: SheetResource
    file_id: UUID = Field(description="An uploaded file that you may read: CSV or XLSX.")
    dry_run: Flag = Field(default=False, description="Report what would happen, and write nothing.")
    all_or_nothing: Flag = Field(
        default=True,
        description="Write nothing if a row has errors; otherwise write the other rows.",
    )
    mapping: dict[Line, Line] = Field(
        default={},
        description="Fields by header, for columns with another name in the file.",
        max_length=MAX_COLUMNS,
    )


def _shown(max_characters: int) -> AfterValidator:
    """Makes text from files storable and printable."""

    def shown(text: str) -> str:
        # Replaces NUL and lone surrogates.
        text = UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)
        return text if len(text) <= max_characters else f"{text[: max_characters - 1]}…"

    return AfterValidator(shown)


class RowError(BaseModel):
    """Why a row can't be imported."""

    row: int = Field(description="As in a spreadsheet: the headers are row 1.")
    column: Annotated[str, _shown(200)] | None = Field(
        description="The header in the file; null: the row as a whole."
    )
    message: Annotated[str, _shown(300)] = Field(description="The error and its remedy.")


class ImportResult(Output):
    model_config = example(
        {
            "dry_run": False,
            "rows": 3,
            "created": 1,
            "updated": 1,
            "unchanged": 0,
            "failed": 1,
            "skipped": 0,
            "errors": [
                {
                    "row": 4,
                    "column": "status",
                    "message": "Input should be 'prospect', 'active' or 'inactive'.",
                }
            ],
            "error_count": 1,
            "ignored_columns": ["created_at"],
        },
        base=Output,
    )

    dry_run: bool
    rows: int = Field(description="Rows of the file, without the headers and blank ones.")
    created: int
    updated: int
    unchanged: int = Field(description="Rows that change nothing.")
    failed: int = Field(description="Rows with errors.")
    skipped: int = Field(description="Rows without errors, left out because others have some.")
    errors: list[RowError] = Field(description=f"The first {MAX_ERRORS:,}.")
    error_count: int
    ignored_columns: list[str] = Field(
        description="Columns of exports that can't be imported, such as `created_at`."
    )
