"""Reads the file name in a Content-Disposition header in all forms in use."""

import re
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message

_ENCODED_WORD = re.compile(r"=\?[\w.:*+-]+\?[bq]\?[^?]*\?=", re.IGNORECASE)
# Characters that browsers escape in a quoted name (WHATWG, multipart/form-data).
_ESCAPES = {"%22": '"', "%0D": "\r", "%0A": "\n"}


def file_name_in(disposition: str) -> str | None:
    """Return the name; None if there is none.

    `filename*` takes precedence over `filename` (RFC 6266), unless it can't be decoded; the latter
    may contain encoded words (RFC 2047), which .NET sends, and escapes of browsers.
    """
    header = Message()
    header["Content-Disposition"] = disposition
    try:
        found = header.get_params([], "content-disposition")
    except TypeError:  # The parts of the name are numbered inconsistently.
        return None
    values = [value for key, value in found if key.lower() == "filename"]
    extended = [_decoded(*value) for value in values if isinstance(value, tuple)]
    plain = [_plain(value) for value in values if isinstance(value, str)]
    return next((name for name in extended + plain if name), "" if values else None)


def _decoded(charset: str | None, _language: str | None, value: str) -> str | None:
    """Decode RFC 5987 and RFC 2231; the value has one character for each byte."""
    try:
        return value.encode("latin-1").decode(charset or "ascii")
    except (LookupError, UnicodeError):
        return None


def _plain(name: str) -> str:
    if _ENCODED_WORD.search(name):
        try:
            return str(make_header(decode_header(name)))
        except (HeaderParseError, LookupError, UnicodeError):
            return name
    for escape, character in _ESCAPES.items():
        name = name.replace(escape, character)
    return name
