"""Error values of spreadsheet programs, as saved in text files."""

import re
from importlib.resources import files

# Of Excel, LibreOffice and Google Sheets, in the languages that translate them. Without the
# inverted marks of Spanish and the spaces of French. Behind words such as `Err:` comes a number.
_KNOWN = frozenset(files(__package__).joinpath("sheet_errors.txt").read_text("utf-8").split())
_NUMBER = re.compile(r"\s?5[0-9][0-9]$")
_UNWRITTEN = re.compile(r"[¡¿]|\s(?=[!?:]$)")


def is_error_text(text: str) -> bool:
    """Whether the whole cell is an error value. `#1 Shop` is a name."""
    if "#" not in text and ":" not in text:
        return False
    text = text.strip()
    if not text.startswith("#"):
        text, numbers = _NUMBER.subn("", text)
        return numbers > 0 and _UNWRITTEN.sub("", text) in _KNOWN
    return _UNWRITTEN.sub("", text) in _KNOWN
