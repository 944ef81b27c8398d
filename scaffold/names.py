"""The forms of a name: `price_lists`, `price_list`, `PriceList`, `price list`, `price-lists`."""

import keyword
import re
from dataclasses import dataclass

from sqlalchemy.dialects.postgresql.base import RESERVED_WORDS

from scaffold.errors import RefusedError

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_MOST = 32
"""Columns such as the `subject_kind` of events hold no more."""
_SAME_SOUND = ("uni", "use", "eu", "one", "ut")


def check_name(what: str, name: str, *, most: int = _MOST) -> None:
    """Raises RefusedError unless Python, SQL and paths all take the name as it is."""
    if not _NAME.fullmatch(name):
        raise RefusedError(
            f"{what} {name!r}: use lower-case letters, digits and single underscores, "
            "beginning with a letter, such as price_lists."
        )
    if len(name) > most:
        raise RefusedError(f"{what} {name!r} has more than {most} characters: shorten it.")
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise RefusedError(f"{what} {name!r} is a keyword of Python: choose another name.")
    if name in RESERVED_WORDS:
        raise RefusedError(f"{what} {name!r} is a reserved word of SQL: choose another name.")


def class_of(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def words_of(name: str) -> str:
    return name.replace("_", " ")


def with_article(words: str) -> str:
    """Such as `an appointment`."""
    sounds_like_vowel = words.startswith(tuple("aeiou")) and not words.startswith(_SAME_SOUND)
    return f"{'an' if sounds_like_vowel else 'a'} {words}"


def singular_of(plural: str) -> str:
    """Raises RefusedError where the rule is not clear."""
    for ending, replacement in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("shes", "sh")):
        if plural.endswith(ending):
            return plural.removesuffix(ending) + replacement
    if plural.endswith("ches"):
        return plural.removesuffix("es")
    if plural.endswith("s") and not plural.endswith(("ss", "us", "is")):
        return plural.removesuffix("s")
    raise RefusedError(
        f"The singular of {plural!r} is not clear: give it, such as --singular person."
    )


_PARTICIPLES = {
    "begin": "begun", "cancel": "cancelled", "give": "given", "hold": "held", "lose": "lost",
    "make": "made", "pay": "paid", "refer": "referred", "sell": "sold", "send": "sent",
    "ship": "shipped", "stop": "stopped", "submit": "submitted", "take": "taken", "win": "won",
    "withdraw": "withdrawn",
}  # fmt: skip


def participle_of(verb: str) -> str:
    """What a row is after an action: `cancelled` after `cancel`."""
    first, _, rest = verb.partition("_")
    rest = f"_{rest}" if rest else ""
    if first in _PARTICIPLES:
        return _PARTICIPLES[first] + rest
    if first.endswith("e"):
        return f"{first}d{rest}"
    if first.endswith("y") and first[-2:-1] not in "aeiou":
        return f"{first[:-1]}ied{rest}"
    return f"{first}ed{rest}"


@dataclass(frozen=True)
class Names:
    plural: str
    singular: str

    @classmethod
    def of(cls, plural: str, singular: str | None) -> "Names":
        """Raises RefusedError."""
        check_name("The resource", plural)
        singular = singular or singular_of(plural)
        check_name("--singular", singular)
        if singular == plural:
            raise RefusedError(f"--singular: {singular!r} must differ from the plural.")
        return cls(plural, singular)

    @property
    def cls(self) -> str:
        return class_of(self.singular)

    @property
    def constant(self) -> str:
        return self.singular.upper()

    @property
    def constants(self) -> str:
        return self.plural.upper()

    @property
    def words(self) -> str:
        return words_of(self.singular)

    @property
    def many_words(self) -> str:
        return words_of(self.plural)

    @property
    def a(self) -> str:
        return with_article(self.words)

    @property
    def path(self) -> str:
        return self.plural.replace("_", "-")

    @property
    def id(self) -> str:
        return f"{self.singular}_id"

    @property
    def is_regular(self) -> bool:
        """Whether the singular is what the project derives from the plural by itself."""
        return self.plural.removesuffix("s") == self.singular
