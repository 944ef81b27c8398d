"""Parts of a file: the headers Range and If-Range (RFC 9110, section 14)."""

import re
from typing import NamedTuple

# Python refuses to read numbers of thousands of digits.
_ONE_RANGE = re.compile(r"bytes=(\d{0,20})-(\d{0,20})", re.IGNORECASE)


class ByteRange(NamedTuple):
    """From `start` up to but excluding `end`."""

    start: int
    end: int

    def content_range(self, size: int) -> str:
        return f"bytes {self.start}-{self.end - 1}/{size}"


class RangeNotSatisfiable(Exception):  # noqa: N818  # named as HTTP names it
    """The range begins beyond the end. `size` is the size of the whole file in bytes."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size


def wanted_range(
    range_: str | None, if_range: str | None, etag: str, size: int
) -> ByteRange | None:
    """Return the range to send; None for the whole file, also for a header that can't be parsed.

    Multiple ranges get the whole, as the standard allows.

    Raises:
        RangeNotSatisfiable: the range is valid, but beyond the end.
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
