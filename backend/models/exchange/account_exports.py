"""Exports of an account: all that is personal of somebody, as a ZIP."""

from uuid import UUID

from pydantic import Field

from backend.models.platform.base import Input, Output, example
from backend.models.platform.fields import Flag

ACCOUNT_EXPORT = "account"
"""The kind of execution."""


class AccountExportInputs(Input):
    model_config = example({"files": True})

    files: Flag = Field(default=True, description="With the contents of your private files.")


class AccountExportResult(Output):
    model_config = example(
        {"file_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e08", "rows": 120, "files": 3}, base=Output
    )

    file_id: UUID = Field(description="A private file: `GET /files/{file_id}/content`.")
    rows: int
    files: int
