"""How requests are worded."""

import re
from collections.abc import Mapping
from datetime import date, timedelta

from backend.integrations.assistant.language_models.offline.options import Option, Words

_LONGEST_REQUEST = 500
_POLITE = re.compile(
    r"^(?:(?:please|can you|could you|would you|hello|hi|hey)[, ]+)+", re.IGNORECASE
)
_QUOTED = re.compile(r"""["'“](.+)["'”]""")


def request_in(prompt: str) -> str:
    """The first line alone: what follows may be material that was written by others."""
    lines = prompt.strip().splitlines() or [""]
    request = _POLITE.sub("", " ".join(lines[0].split())).rstrip(" .!?")
    return request if len(request) <= _LONGEST_REQUEST else ""


def cut_options(text: str, options: Mapping[str, Option]) -> tuple[str, dict[str, str]]:
    """The text without the options at its end, in any order, and what each of them says."""
    words = Words(text)
    left = dict(options)
    found: dict[str, str] = {}
    while said := words.find_any(left):
        found[said.name] = unquoted(said.value)
        words = words.before(said.begin)
        del left[said.name]
    return unquoted(words.text), found


def unquoted(text: str) -> str:
    quoted = _QUOTED.fullmatch(text)
    return quoted[1] if quoted else text


def day_in(word: str, today: date | None) -> date:
    """Raises ValueError for a day that there is not, or that can't be known; it says which."""
    if word[0].isdigit():
        return date.fromisoformat(word)
    if today is None:
        raise ValueError("Today's date is not known.")
    return today + timedelta(days=1 if word.lower() == "tomorrow" else 0)
