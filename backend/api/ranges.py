"""Parts of a file: the headers Range and If-Range (RFC 9110, section 14)."""

import re
from typing import NamedTuple

# Python refuses to read numbers of thousands of digits.
_ONE_RANGE = re.compile(r"bytes=(\d{0,20})-(\d{0,20})", re.IGNORECASE)


class ByteRange(NamedTuple):
    """From `start` up to and without `end`."""

    start: int
    end: int

    def content_range(self, size: int) -> str:
        return f"bytes {self.start}-{self.end - 1}/{size}"


class RangeNotSatisfiable(Exception):  # noqa: N818  # named as HTTP names it
    """It begins beyond the end. `size` is that of the whole, in bytes."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size


def wanted_range(
    range_: str | None, if_range: str | None, etag: str, size: int
) -> ByteRange | None:
    """What to send; None for the whole, which is also the answer to what can't be understood.

    Several ranges at once get the whole, as the standard allows.

    Raises:
        RangeNotSatisfiable: the range is sound, but none of it is there.
    """
    found = _ONE_RANGE.fullmatch(range_.strip()) if range_ else None
    if found is None or found.group() == "bytes=-" or (if_range and if_range != etag):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None
    if start >= end:
        raise RangeNotSatisfiable(size)
    return ByteRange(start, end)
