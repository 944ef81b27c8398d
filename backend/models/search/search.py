"""Search over everything: the query and the hits."""

from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from backend.models.platform.fields import Several
from backend.models.platform.paging import SearchText


class SearchKind(StrEnum):
    CUSTOMERS = "customers"
    LEADS = "leads"
    PRODUCTS = "products"
    TASKS = "tasks"
    FILES = "files"


class SearchQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    q: SearchText = Field(min_length=1, examples=["grace"])
    kind: Several[SearchKind] = Field(
        default=[], description="Only these kinds; left out: all that you may see."
    )
    limit: int = Field(
        default=5, ge=1, le=20, description="The maximum number of hits of each kind."
    )


class SearchHit(BaseModel):
    id: UUID
    title: str
    snippet: str = Field(
        description="Escaped HTML with the matching words in `<mark>`.",
        examples=["Prefers to be <mark>called</mark> before noon."],
    )


class SearchGroup(BaseModel):
    kind: SearchKind
    hits: list[SearchHit] = Field(description="The best match first.")
    has_more: bool = Field(description="The list of this kind with the same `q` has them all.")


class SearchResult(BaseModel):
    """One group for each kind with hits."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "groups": [
                        {
                            "kind": "tasks",
                            "hits": [
                                {
                                    "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e04",
                                    "title": "Send the offer to Grace",
                                    "snippet": "Send the offer to <mark>Grace</mark>",
                                }
                            ],
                            "has_more": False,
                        }
                    ]
                }
            ]
        }
    )

    groups: list[SearchGroup]
