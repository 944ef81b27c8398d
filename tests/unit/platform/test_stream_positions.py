from uuid import UUID

import pytest

from backend.models.platform.mixins import new_id
from backend.models.platform.stream_positions import (
    MAX_LENGTH,
    MAX_PARTS,
    from_event_id,
    to_event_id,
)

SOME_ID, OTHER_ID = UUID(int=1), UUID(int=2**120 - 1)
EVENT_ID = to_event_id({SOME_ID: 7, OTHER_ID: 2**40})


@pytest.mark.parametrize("count", [0, 1, 2, MAX_PARTS])
def test_positions_are_read_as_they_were_written(count: int) -> None:
    positions = {new_id(): 2**64 - 1 - number for number in range(count)}

    event_id = to_event_id(positions)

    assert from_event_id(event_id) == positions
    assert len(event_id) <= MAX_LENGTH
    assert event_id.isascii()
    assert event_id.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize(
    "event_id",
    [
        "",
        "x",
        "17",
        "é" * 38,
        str(SOME_ID),
        EVENT_ID[:-1],
        EVENT_ID[:38],
        EVENT_ID + "=",
        EVENT_ID + "AAAA",
        EVENT_ID[:20] + ("a" if EVENT_ID[20] != "a" else "b") + EVENT_ID[21:],
        f" {EVENT_ID}",
    ],
)
def test_what_was_not_written_so_is_refused(event_id: str) -> None:
    with pytest.raises(ValueError, match="not the id of an event of this stream"):
        from_event_id(event_id)
