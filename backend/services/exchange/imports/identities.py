"""Ids of the rows that an import creates: the same when it is repeated after a crash."""

from hashlib import sha256
from uuid import UUID

_TIME_BITS, _ROW_BITS, _NOISE_BITS = 48, 20, 54


def new_row_id(execution_id: UUID, number: int) -> UUID:
    """Return a UUIDv7 with the time of the execution, so that rows have the order of the file."""
    seed = execution_id.bytes + number.to_bytes(8, "big")
    noise = int.from_bytes(sha256(seed).digest(), "big") % (1 << _NOISE_BITS)
    moment = execution_id.int >> (128 - _TIME_BITS)
    place = number % (1 << _ROW_BITS)
    high, low = place >> 8, (place & 0xFF) << _NOISE_BITS | noise
    return UUID(int=moment << 80 | 7 << 76 | high << 64 | 2 << 62 | low)
