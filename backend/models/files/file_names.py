"""Makes the file names of senders storable and displayable."""

import re
from pathlib import PurePosixPath
from unicodedata import category, normalize

_NAMELESS = "file"
_LONGEST = 200
_LONGEST_BYTES = 255
_LONGEST_SUFFIX = 20
# Longer names are cut: sorting combining marks takes quadratic time.
_LOOKED_AT = 1_000

_SEPARATOR = re.compile(r"[/\\]")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
# Control characters, invisible and directional marks, lone surrogates, private characters.
_HIDDEN = {"Cc", "Cf", "Cs", "Co"}
_JOINERS = "\u200c\u200d"  # Persian and emoji need them.
_NOT_AT_THE_END = " ." + _JOINERS


def clean_file_name(name: str | None) -> str:
    """Return a name of one visible line: at most 200 characters and 255 bytes, without a path.

    The extension is kept. If nothing is left, the name is "file".
    """
    last = _SEPARATOR.split((name or "")[-_LOOKED_AT:])[-1]
    shown = _without_hidden(" ".join(last.split()))
    return _cut(_unreserved(_tidy(normalize("NFC", shown)))) or _NAMELESS


def _without_hidden(text: str) -> str:
    return "".join(c for c in text if c in _JOINERS or category(c) not in _HIDDEN)


def _tidy(name: str) -> str:
    """Normalise white space. Windows drops trailing dots, and would see another extension."""
    return " ".join(name.split()).rstrip(_NOT_AT_THE_END)


def _unreserved(name: str) -> str:
    """Windows takes names such as `nul.txt` for devices."""
    return f"_{name}" if _RESERVED.match(name) else name


def _cut(name: str) -> str:
    suffix = PurePosixPath(name).suffix
    if len(suffix) > _LONGEST_SUFFIX:
        suffix = ""
    stem = name.removesuffix(suffix)[: _LONGEST - len(suffix)]
    room = _LONGEST_BYTES - len(suffix.encode())
    return (stem.encode()[:room].decode(errors="ignore") + suffix).rstrip(_NOT_AT_THE_END)
