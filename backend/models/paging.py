"""Lists: what a client may ask of each of them, and the shape of the answer."""

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from backend.models.fields import Text

Item = TypeVar("Item")


class PageQuery(BaseModel):
    """Base of every list's query parameters. An unknown parameter is an error."""

    model_config = ConfigDict(extra="forbid")

    sort: str
    limit: int = Field(default=50, ge=1, le=200, description="The most items to answer.")
    cursor: Text | None = Field(
        default=None,
        max_length=2_000,
        description="`next_cursor` of the page before. Keep the same `sort` and filters.",
    )


class Page(BaseModel, Generic[Item]):
    """One page of a list. Follow `next_cursor` until it is null."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    items: list[Item]
    next_cursor: str | None = Field(
        default=None,
        description="Null on the last page.",
        examples=["WyJ0YXNrcyIsICItY3JlYXRlZF9hdCIsIC4uLl0"],
    )
