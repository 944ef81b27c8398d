"""Lists: common query parameters and the shape of a page."""

from typing import Annotated, Generic, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from backend.models.platform.fields import Text, UtcDatetime, Words

Item = TypeVar("Item")

RELEVANCE = "relevance"
MAX_COUNTED = 10_000


class PageQuery(BaseModel):
    """Base of every list's query parameters. An unknown parameter is an error."""

    model_config = ConfigDict(extra="forbid")

    sort: str
    limit: int = Field(default=50, ge=1, le=200, description="The maximum number of items.")
    cursor: Text | None = Field(
        default=None,
        max_length=2_000,
        description="`next_cursor` of the previous page. Keep the same `sort` and filters.",
    )
    total: bool = Field(
        default=False, description=f"Also count the matches, up to {MAX_COUNTED:,}."
    )


SearchText = Annotated[
    Words,
    Field(
        description=(
            'Words to find; `"a phrase"`, `or` and `-without` work. '
            "The last word may be incomplete."
        ),
    ),
]


class SearchableQuery(PageQuery):
    """Base of searchable lists, whose `sort` has the member `relevance`."""

    q: SearchText | None = Field(default=None, validate_default=True)
    created_after: UtcDatetime | None = Field(
        default=None, description="Created at this moment or later."
    )
    created_before: UtcDatetime | None = Field(
        default=None, description="Created earlier than this."
    )

    @field_validator("q")
    @classmethod
    def _needed_for_relevance(cls, q: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("sort") == RELEVANCE and not q:
            raise ValueError("sort=relevance needs words to find")
        return q

    @model_validator(mode="after")
    def _sort_by_relevance(self) -> Self:
        if self.q and "sort" not in self.model_fields_set:
            # The member of the subclass's own enum, as validation would produce it.
            self.sort = type(self.sort)(RELEVANCE)
        return self


class Page(BaseModel, Generic[Item]):
    """One page of a list. Follow `next_cursor` until it is null."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True, defer_build=True)

    items: list[Item]
    next_cursor: str | None = Field(
        default=None,
        description="Null on the last page.",
        examples=["WyJ0YXNrcyIsICItY3JlYXRlZF9hdCIsIC4uLl0"],
    )
    total: int | None = Field(
        default=None,
        description=f"Null unless requested. {MAX_COUNTED:,} means that many or more.",
    )
