"""The checklist of a task: small steps, stored within the task."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import MISSING, BaseModel, Field, TypeAdapter
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

from backend.models.platform.base import Input, Update, example
from backend.models.platform.fields import Flag, Line
from backend.models.platform.mixins import new_id

MAX_ITEMS = 100


class ChecklistItem(BaseModel):
    id: UUID = Field(default_factory=new_id)
    text: str
    is_done: bool = False


class ChecklistItemCreate(Input):
    model_config = example({"text": "Ask for the address"})

    text: Line
    is_done: Flag = False


class ChecklistItemUpdate(Update):
    """Only the fields that are sent change."""

    model_config = example({"is_done": True})

    text: Line | MISSING = MISSING
    is_done: Flag | MISSING = MISSING


NewChecklist = Annotated[list[ChecklistItemCreate], Field(max_length=MAX_ITEMS)]

_ITEMS = TypeAdapter(list[ChecklistItem])


class _Checklist(TypeDecorator[list[ChecklistItem]]):
    """Items as a JSON array. Assign a new list: in-place changes are not detected."""

    impl = JSONB
    cache_ok = True

    def process_bind_param(self, value: list[ChecklistItem] | None, dialect: Any) -> Any:
        return _ITEMS.dump_python(value or [], mode="json")

    def process_result_value(self, value: Any, dialect: Any) -> list[ChecklistItem]:
        return _ITEMS.validate_python(value) if value else []


CHECKLIST = _Checklist()
