"""Types of fields that more than one resource has, with the rules that hold for all of them."""

from datetime import UTC, datetime
from typing import Annotated, TypeVar
from unicodedata import category

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    Strict,
    StringConstraints,
    validate_email,
)
from pydantic.config import JsonDict

Item = TypeVar("Item")


def _storable(text: str) -> str:
    text.encode()  # Lone surrogates raise a ValueError.
    if "\x00" in text:
        raise ValueError("must not contain NUL characters, which the database can't store")
    return text


def _printable(text: str) -> str:
    if any(category(character) == "Cc" for character in text):
        raise ValueError("must not contain control characters or line breaks")
    return text


def normalise_email(text: str) -> str:
    """The form in which an address is stored: one for all ways to write it.

    Raises:
        ValueError: this is no address.
    """
    if "<" in text:
        raise ValueError("must be an address alone, without a name")
    return validate_email(text)[1].lower()


def email_to_look_up(text: str) -> str:
    """As `normalise_email`; what is no address stays as it is, and will not be found."""
    try:
        return normalise_email(text.strip())
    except ValueError:
        return text.strip().lower()


def _written_out(value: object) -> object:
    """Pydantic would take a number for the seconds since 1970."""
    if isinstance(value, int | float) or (isinstance(value, str) and ":" not in value):
        raise ValueError("must be a date and a time with a time zone, as in 2026-06-01T12:00:00Z")
    return value


def _to_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("must lie between the years 1 and 9999 in UTC") from None


_HIDDEN: JsonDict = {"format": "password"}
_STORABLE = AfterValidator(_storable)

Text = Annotated[str, _STORABLE]

# The constraints come first: they are not passed through a validator that stands before them.
Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    _STORABLE,
    AfterValidator(_printable),
]
"""A name or a title: 1 to 200 characters, without white space around them."""

Term = Annotated[str, StringConstraints(max_length=200), _STORABLE]
"""A text to compare with, as it is: at most 200 characters; may be empty."""

Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), _STORABLE]
"""What somebody looks for: at most 200 characters; may be empty."""

Paragraphs = Annotated[str, StringConstraints(max_length=10_000), _STORABLE]
"""Free text of at most 10,000 characters; may be empty."""

Message = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000),
    _STORABLE,
]
"""What somebody says to the assistant: 1 to 20,000 characters."""
LongText = Annotated[str, StringConstraints(min_length=1, max_length=20_000), _STORABLE]
"""Text of at most 20,000 characters, as it is; not empty."""

Several = Annotated[list[Item], Field(max_length=50)]
"""Values that are looked for, any of which will do."""

Slug = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[a-z][a-z0-9_-]*$")]
"""A name by which programs ask for something: small letters, digits, `_` and `-`."""

Phone = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=3, max_length=32, pattern=r"^\+?[0-9 ()./-]+$"
    ),
]

Email = Annotated[
    str,
    AfterValidator(normalise_email),
    Field(max_length=254, json_schema_extra={"format": "email"}),
]
"""An address in one form, so that two that differ in case alone are the same."""

Password = Annotated[
    str,
    StringConstraints(min_length=8, max_length=256),
    _STORABLE,
    Field(json_schema_extra=_HIDDEN),
]
"""A password that somebody chooses."""

GivenPassword = Annotated[str, StringConstraints(max_length=256), Field(json_schema_extra=_HIDDEN)]
"""A password to compare with one that was chosen, perhaps under older rules."""

Flag = Annotated[bool, Strict()]
"""True or false: a body may say neither 0 nor "no"."""

Whole = Annotated[int, Strict()]
"""A whole number: a body may say neither true nor "3"."""

Number = Annotated[float, Strict()]
"""As `Whole`, with decimals."""

UtcDatetime = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_to_utc)]
"""A moment with a time zone, turned into UTC. Naive values are refused."""
