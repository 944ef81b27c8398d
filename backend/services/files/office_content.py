"""Detects the type of an office document in a ZIP file, whose parts may have any order."""

import re
import zlib
from typing import IO, BinaryIO, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

_OFFICE = "application/vnd.openxmlformats-officedocument"
_TYPES = {
    "spreadsheetml": f"{_OFFICE}.spreadsheetml.sheet",
    "ms-excel": f"{_OFFICE}.spreadsheetml.sheet",
    "wordprocessingml": f"{_OFFICE}.wordprocessingml.document",
    "ms-word": f"{_OFFICE}.wordprocessingml.document",
    "presentationml": f"{_OFFICE}.presentationml.presentation",
    "ms-powerpoint": f"{_OFFICE}.presentationml.presentation",
}
# Content types of the main part. Embedded documents have types with other suffixes.
_MAIN = re.compile(rb"(?<![a-z-])([a-z-]+)\.(?:[a-z]+\.)?(?:macroEnabled\.)?main\+xml")
_CONTENT_TYPES = "[content_types].xml"
_WORKBOOK = "xl/workbook.xml"
_MAX_BYTES = 256 * 1024


def office_type(content: BinaryIO) -> str | None:
    """None for other ZIP files, or one with thousands of parts. Moves the position."""
    try:
        with ZipFile(cast(IO[bytes], _Cautious(content))) as archive:
            return _type_of(archive)
    except (BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, zlib.error):
        return None


def _type_of(archive: ZipFile) -> str | None:
    parts = {info.filename.replace("\\", "/").lower(): info for info in archive.infolist()}
    listed = parts.get(_CONTENT_TYPES)
    if listed is None:
        return _TYPES["spreadsheetml"] if _WORKBOOK in parts else None
    if listed.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        return None
    with archive.open(listed) as source:
        kinds = _MAIN.findall(source.read(_MAX_BYTES))
    return next((_TYPES[kind.decode()] for kind in kinds if kind.decode() in _TYPES), None)


class _Cautious:
    """The directory of a ZIP file is read as a whole, and each entry takes memory."""

    def __init__(self, content: BinaryIO) -> None:
        self._content = content
        self.seek, self.tell, self.seekable = content.seek, content.tell, content.seekable

    def read(self, size: int = -1) -> bytes:
        if size > _MAX_BYTES:
            raise BadZipFile
        # It reads to the end only after the directory, where few bytes remain.
        return self._content.read(_MAX_BYTES if size < 0 else size)
