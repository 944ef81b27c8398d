"""What is uploaded: its type, size and checksum, and whether that is allowed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from hashlib import sha256
from os import SEEK_END
from typing import BinaryIO, NamedTuple

from backend.core.errors import InvalidInputError, TooLargeError, UnsupportedTypeError
from backend.services.files.media_types import HEAD_BYTES, UNKNOWN, ZIP, judge_type
from backend.services.files.office_content import office_type
from backend.services.platform.blocking import is_in_memory

_PIECE_BYTES = 1024 * 1024
_QUICK_BYTES = 64 * 1024


class Content(NamedTuple):
    """`size` in bytes, `sha256` in hexadecimal."""

    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True)
class FileRules:
    """`allowed_types` may contain `*`."""

    max_bytes: int
    allowed_types: Sequence[str]

    def check(self, content: Content) -> None:
        """Raises InvalidInputError, TooLargeError or UnsupportedTypeError."""
        if content.size == 0:
            raise InvalidInputError("file", "The file is empty; choose another.")
        self.check_size(content)
        if not any(fnmatch(content.media_type, allowed) for allowed in self.allowed_types):
            unknown = " If it is text, save it as UTF-8." if content.media_type == UNKNOWN else ""
            raise UnsupportedTypeError(
                f"The content is of the type {content.media_type}, which is not allowed.{unknown} "
                f"Allowed are: {', '.join(self.allowed_types)}."
            )

    def check_size(self, content: Content) -> None:
        """Raises TooLargeError."""
        if content.size > self.max_bytes:
            raise TooLargeError(f"A file may have at most {self.max_bytes:,} bytes.")


async def inspected(content: BinaryIO, name: str) -> Content:
    """As `inspect`, in a thread unless it takes no longer than to ask for one."""
    if is_in_memory(content) and _is_quick(content):
        return inspect(content, name)
    return await asyncio.to_thread(inspect, content, name)


def _is_quick(content: BinaryIO) -> bool:
    content.seek(0)
    # What is packed may take long, however small it is.
    is_packed = content.read(2) == b"PK"
    return not is_packed and content.seek(0, SEEK_END) <= _QUICK_BYTES


def inspect(content: BinaryIO, name: str) -> Content:
    """Read the whole file in chunks, and return to its beginning. Call it in a thread."""
    content.seek(0)
    head = content.read(HEAD_BYTES)
    digest, size, piece = sha256(), 0, head
    while piece:
        digest.update(piece)
        size += len(piece)
        piece = content.read(_PIECE_BYTES)
    media_type = judge_type(head, name)
    if media_type == ZIP:
        media_type = office_type(content) or ZIP
    content.seek(0)
    return Content(media_type, size, digest.hexdigest())
