"""Exports: a list as a spreadsheet, stored as a file."""

from typing import Annotated, Literal, get_args
from uuid import UUID

from pydantic import Field, RootModel

from backend.models.exchange.sheets import SheetResource
from backend.models.platform.base import Input, Output, config, example
from backend.models.platform.fields import Line
from backend.models.sales.customers import CustomerQuery
from backend.models.sales.leads import LeadQuery
from backend.models.sales.products import ProductQuery
from backend.models.tasks.tasks import TaskQuery

_FILTERS = (
    "The filters of the list. All matching rows are exported, whatever `limit` and `cursor` say."
)


class _Export(Input):
    columns: list[Line] | None = Field(
        default=None,
        min_length=1,
        max_length=50,
        description="The columns to write, in this order; left out: all.",
    )


class CustomerExport(_Export):
    resource: Literal[SheetResource.CUSTOMERS]
    filters: CustomerQuery = Field(default_factory=CustomerQuery, description=_FILTERS)


class LeadExport(_Export):
    resource: Literal[SheetResource.LEADS]
    filters: LeadQuery = Field(default_factory=LeadQuery, description=_FILTERS)


class ProductExport(_Export):
    resource: Literal[SheetResource.PRODUCTS]
    filters: ProductQuery = Field(default_factory=ProductQuery, description=_FILTERS)


class TaskExport(_Export):
    resource: Literal[SheetResource.TASKS]
    filters: TaskQuery = Field(default_factory=TaskQuery, description=_FILTERS)


ListExport = CustomerExport | LeadExport | ProductExport | TaskExport
# Pydantic refuses to discriminate where there is only one.
_BY = "resource" if get_args(ListExport) else None


class ExportInputs(RootModel[Annotated[ListExport, Field(discriminator=_BY)]]):
    """What to export; each resource has the filters of its own list."""

    model_config = config(
        json_schema_extra={
            "examples": [
                {
                    "resource": "tasks",
                    "filters": {"status": ["open"], "sort": "due_at"},
                    "columns": ["title", "due_at", "priority"],
                }
            ]
        }
    )


class ExportResult(Output):
    model_config = example(
        {"file_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e08", "rows": 120}, base=Output
    )

    file_id: UUID = Field(description="A private file: `GET /files/{file_id}/content`.")
    rows: int
