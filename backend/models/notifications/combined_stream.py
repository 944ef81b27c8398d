"""What a combined stream follows, and its own events."""

from collections.abc import Iterable
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from backend.models.assistant.chats import ChatIds
from backend.models.platform.base import Output, example
from backend.models.platform.stream_positions import MAX_LENGTH, from_event_id


class StreamQuery(BaseModel):
    """An unknown parameter is an error."""

    model_config = ConfigDict(extra="forbid")

    notifications: bool = Field(default=False, description="Your notifications, as they arrive.")
    execution: list[UUID] = Field(
        default=[],
        max_length=20,
        description="Executions of yours: their state, and each later one. May be repeated.",
    )
    chat: ChatIds = Field(
        default=[],
        description="Chats of yours: their messages, as they are added or change. May be repeated.",
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not any(self.wanted(UUID(int=0)).values()):
            raise ValueError(f"say what to follow, by any of {', '.join(type(self).model_fields)}")
        return self

    def wanted(self, person_id: UUID) -> dict[str, list[UUID]]:
        """Return the ids to follow, each once; that of the person stands for notifications."""
        return {
            "notifications": [person_id] if self.notifications else [],
            "execution": _each_once(self.execution),
            "chat": _each_once(self.chat),
        }


def _each_once(ids: Iterable[UUID]) -> list[UUID]:
    return list(dict.fromkeys(ids))


def _check_event_id(event_id: str) -> str:
    try:
        from_event_id(event_id)
    except ValueError as error:
        remedy = "send the last one as you received it, or leave it out to begin with what is new"
        raise ValueError(f"{error}: {remedy}") from None
    return event_id


LastEventId = Annotated[str, Field(max_length=MAX_LENGTH), AfterValidator(_check_event_id)]


class StreamStarted(Output):
    """The event `start`, the first. What happens from now on is sent."""

    model_config = example({}, base=Output)


class StreamGone(Output):
    """The event `gone`: it was deleted. Leave it out when you reconnect."""

    model_config = example(
        {"kind": "execution", "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e11"}, base=Output
    )

    kind: str = Field(description="The parameter that named it.")
    id: UUID
