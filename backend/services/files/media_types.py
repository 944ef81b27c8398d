"""Detects the type of a file by its first bytes: names and headers can't be trusted."""

import codecs
import re
from functools import cache
from pathlib import PurePosixPath
from typing import Any

HEAD_BYTES = 8_192
"""The number of bytes inspected."""

UNKNOWN = "application/octet-stream"
ZIP = "application/zip"
_PLAIN = "text/plain"

# These may be entirely text. The other signatures are short, and text may begin with them.
_WRITTEN_AS_TEXT = {"application/pdf", "application/rtf"}

_BY_SUFFIX = {".csv": "text/csv", ".md": "text/markdown", ".markdown": "text/markdown"}
_JSON_START = re.compile(r"\s*[\[{]")

_MAX_CONTROLS = 0.1
"""Share of NUL characters. UTF-16 without a byte order mark has one in every other byte."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
# Possessive: no backtracking, so crafted input takes linear time.
_PROLOGUE = re.compile(r"(?:\s++|<!--.*?-->|<\?.*?\?>)*+", re.DOTALL)
_ROOT = re.compile(r"<(?:!doctype\s+)?(?:[\w.-]+:)?([\w.-]+)(?=[\s/>]|$)", re.IGNORECASE)
_HTML = re.compile(
    "html|head|body|title|meta|link|base|style|script|noscript|template|iframe|frameset|object|embed"
    "|header|main|footer|nav|section|article|div|span|center|font|h[1-6]|p|a|b|i|u|em|strong|br|hr"
    "|ul|ol|li|dl|table|form|input|button|img|picture|video|audio|canvas|details|pre"
)


def judge_type(head: bytes, name: str) -> str:
    """Return the media type by the first bytes; `application/octet-stream` if unknown.

    The name only chooses between harmless text types: plain, CSV, Markdown and JSON.
    """
    head = head[:HEAD_BYTES]
    text = _as_text(head, may_have_controls=_suffix(name) == ".csv")
    mime = _by_signature(head)
    if mime is not None and (text is None or mime in _WRITTEN_AS_TEXT):
        return mime
    return UNKNOWN if text is None else _markup(text) or _harmless(text, name)


def _by_signature(head: bytes) -> str | None:
    # Loaded here, as it is needed for uploads alone; it has no type hints.
    import filetype  # type: ignore[import-untyped]  # noqa: PLC0415  # see above

    kind = filetype.match(head, _kinds())
    return None if kind is None else str(kind.mime)


@cache
def _kinds() -> list[Any]:
    import filetype  # noqa: PLC0415  # as above

    # Its zstd matcher recurses for each frame, and crafted frames exhaust the stack.
    return [kind for kind in filetype.TYPES if kind.mime != "application/zstd"]


def _as_text(head: bytes, *, may_have_controls: bool) -> str | None:
    """Return the text, or None if it is not text. A character cut off at the end is left out.

    Tables from devices and databases contain NUL, and an import can report the cell.
    """
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    decoder = codecs.getincrementaldecoder("utf-16" if wide else "utf-8-sig")()
    try:
        text = decoder.decode(head)
    except UnicodeDecodeError:
        return None
    most = _MAX_CONTROLS * len(text) if may_have_controls else 0
    return text if len(_CONTROL.findall(text)) <= most else None


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _markup(text: str) -> str | None:
    """Detect HTML, SVG or XML by the doctype or the first element after comments."""
    rest = _PROLOGUE.sub("", text, count=1)
    root = _ROOT.match(rest)
    if root:
        return _root_type(root[1].lower())
    if rest.startswith(
        "<!"
    ):  # A comment longer than the inspected bytes, or a doctype without a name.
        return "text/html"
    return "application/xml" if text.lstrip().startswith("<?xml") else None


def _root_type(name: str) -> str:
    if _HTML.fullmatch(name):
        return "text/html"
    return "image/svg+xml" if name == "svg" else "application/xml"


def _harmless(text: str, name: str) -> str:
    suffix = _suffix(name)
    if suffix == ".json" and _JSON_START.match(text):
        return "application/json"
    return _BY_SUFFIX.get(suffix, _PLAIN)
