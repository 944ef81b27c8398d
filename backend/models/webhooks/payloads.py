"""What is sent to a webhook: the body of a delivery."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, create_model

from backend.models.platform.base import Output, example
from backend.models.webhooks.event_types import BY_TYPE, DELETED, IMPORTED, SUBJECTS, TEST

FORMAT: Final = 1
"""The version of this format: another one means that receivers have to change."""

_ID = "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e04"


class Gone(Output):
    """What is left of a subject that was deleted, by this event or since."""

    model_config = example({"id": _ID}, base=Output)

    id: UUID


class Imported(Output):
    """The rows that an import has written."""

    model_config = example({"created": [_ID], "updated": []}, base=Output)

    created: list[UUID]
    updated: list[UUID]


class Envelope(Output):
    """The body of a delivery.

    Attributes:
        version: of this format.
        timestamp: when it happened.
    """

    type: str
    version: int
    timestamp: datetime
    data: Any


_DESCRIPTION = "`data` is as the API shows it when it is told, or its id if it is gone by then."


def _envelope(name: str, types: Sequence[str], data: Any) -> type[Envelope]:
    fields: dict[str, Any] = {
        "type": (Literal[tuple(types)], ...),
        "version": (Literal[FORMAT], ...),
        "data": (data, ...),
    }
    return create_model(f"{name}Event", __base__=Envelope, __doc__=_DESCRIPTION, **fields)


def _of(verbs: Collection[str]) -> list[str]:
    return [each for each in BY_TYPE if each.partition(".")[2] in verbs]


def envelopes() -> Mapping[str, type[Envelope]]:
    """Return the model of the body of each type, for the documentation."""
    gone, imported = [TEST, *_of({DELETED})], _of({IMPORTED})
    found = dict.fromkeys(gone, _envelope("Gone", gone, Gone))
    found |= dict.fromkeys(imported, _envelope("Imported", imported, Imported))
    for subject in SUBJECTS:
        others = [each for each in subject.types if each not in found]
        name = subject.kind.value.capitalize()
        found |= dict.fromkeys(others, _envelope(name, others, subject.public | Gone))
    return {each: found[each] for each in (TEST, *BY_TYPE)}


def body(event_type: str, happened_at: datetime, data: BaseModel) -> str:
    """Return the JSON that is sent, and signed."""
    told = Envelope(type=event_type, version=FORMAT, timestamp=happened_at, data=data)
    return told.model_dump_json()
