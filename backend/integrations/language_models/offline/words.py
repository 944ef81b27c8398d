"""How requests are worded."""

import re
from collections.abc import Mapping
from datetime import date, timedelta

_LONGEST_REQUEST = 500
_POLITE = re.compile(
    r"^(?:(?:please|can you|could you|would you|hello|hi|hey)[, ]+)+", re.IGNORECASE
)
_QUOTED = re.compile(r"""["'“](.+)["'”]""")

Option = re.Pattern[str]


def option(wording: str) -> Option:
    """Something that may be said at the end of a request; the group `value` is what counts."""
    return re.compile(rf"[ ,]+(?:(?:and|with|the) )*{wording}$", re.IGNORECASE)


PRIORITY = option(
    r"(?=(?:\w+ )?priority\b)(?:priority )?(?P<value>low|normal|high|urgent)(?: priority)?"
)
DAY = option(r"(?:(?:due|by|on|until|for) )*(?P<value>today|tomorrow|\d{4}-\d\d-\d\d)")
FOR_CUSTOMER = option(r"for (?:the )?customer (?P<value>.+)")
EMAIL = option(r"(?:e-?mail (?:address )?)?(?P<value>\S+@\S+)")
PHONE = option(r"phone (?:number )?(?P<value>\+?[0-9][0-9 ()./-]+)")
COMPANY = option(r"(?:company|from|at|of) (?:the )?(?:company )?(?P<value>.+)")


def request_in(prompt: str) -> str:
    """The first line alone: what follows may be material that was written by others."""
    lines = prompt.strip().splitlines() or [""]
    request = _POLITE.sub("", " ".join(lines[0].split())).rstrip(" .!?")
    return request if len(request) <= _LONGEST_REQUEST else ""


def cut_options(text: str, options: Mapping[str, Option]) -> tuple[str, dict[str, str]]:
    """The text without the options at its end, in any order, and what each of them says."""
    found: dict[str, str] = {}
    while True:
        matches = ((name, pattern.search(text)) for name, pattern in options.items())
        name, match = next(((name, match) for name, match in matches if match), ("", None))
        if match is None:
            return unquoted(text.strip(" ,")), found
        found[name] = unquoted(match["value"])
        text = text[: match.start()]


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
