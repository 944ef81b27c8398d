"""How far a stream has come in each of its parts, as the id of an event."""

import base64
import struct
import zlib
from collections.abc import Mapping
from uuid import UUID

_CHECK = struct.Struct(">I")
_PART = struct.Struct(">16sQ")
MAX_PARTS = 41
"""Twenty of each kind that is followed by id, and the notifications."""
MAX_LENGTH = 4 * (_CHECK.size + MAX_PARTS * _PART.size) // 3 + 2

Positions = Mapping[UUID, int]


def to_event_id(positions: Positions) -> str:
    parts = b"".join(_PART.pack(part.bytes, position) for part, position in positions.items())
    checked = _CHECK.pack(zlib.crc32(parts)) + parts
    return base64.urlsafe_b64encode(checked).decode().rstrip("=")


def from_event_id(event_id: str) -> Positions:
    """Raises ValueError if `to_event_id` has not made it, or it was cut or changed since."""
    try:
        content = base64.urlsafe_b64decode(event_id + "=" * (-len(event_id) % 4))
        parts = content[_CHECK.size :]
        positions = {UUID(bytes=part): position for part, position in _PART.iter_unpack(parts)}
    except (ValueError, struct.error):
        positions = {}
    if to_event_id(positions) != event_id:
        raise ValueError("it is not the id of an event of this stream")
    return positions
