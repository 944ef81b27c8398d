"""Field types shared by several resources, with their validation."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, TypeVar
from unicodedata import category

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    HttpUrl,
    Strict,
    StringConstraints,
    TypeAdapter,
    validate_email,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticKnownError

from backend.core.common_passwords import is_common
from backend.core.passwords import normal_password
from backend.core.storable import check_storable
from backend.models.platform.characters import UNSEEN, Form, as_typed, spelled

Item = TypeVar("Item")


def _check_line(text: str) -> str:
    if check_storable(text).isprintable():
        return text
    control = next((each for each in text if category(each) == "Cc"), None)
    if control is not None:
        raise ValueError(
            f"must not contain control characters or line breaks: remove {spelled(control)}"
        )
    return text


def _trim(value: object) -> object:
    return value.strip(UNSEEN) if isinstance(value, str) else value


def _type(value: object) -> object:
    return as_typed(value) if isinstance(value, str) else value


def normalise_email(text: str) -> str:
    """Return the stored form of an address: the same for all ways to write it.

    Raises:
        ValueError: this is not an address.
    """
    if "<" in text:
        raise ValueError("must be an address alone, without a name")
    return validate_email(text.strip(UNSEEN))[1].lower()


def email_to_look_up(text: str) -> str:
    """Like `normalise_email`, but returns other texts unchanged, which match no account."""
    try:
        return normalise_email(text)
    except ValueError:
        return text.strip(UNSEEN).lower()


_WEB_ADDRESS: TypeAdapter[HttpUrl] = TypeAdapter(HttpUrl)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def _plain_number(value: object) -> object:
    """Refuse underscores and digits of other scripts, which Python accepts in numbers."""
    if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()):
        raise ValueError("must be a number with the digits 0 to 9, as in 1234.50")
    return value


def _written_out(value: object) -> object:
    """Refuse numbers, which Pydantic would take for seconds since 1970."""
    if isinstance(value, int | float) or (isinstance(value, str) and ":" not in value):
        raise ValueError("must be a date and a time with a time zone, as in 2026-06-01T12:00:00Z")
    return value


def _a_day(value: object) -> object:
    """Refuse numbers and moments, which Pydantic would take for days."""
    is_day = isinstance(value, date) and not isinstance(value, datetime)
    if is_day or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise ValueError("must be a day, as in 2026-06-01")


def _four_decimals(number: Decimal) -> Decimal:
    return number.quantize(Decimal("0.0001"))


def as_requested(address: str) -> str:
    """Return a web address as requests have it: in ASCII, with the host in its plain form.

    Raises:
        ValueError: it is none.
    """
    return str(_WEB_ADDRESS.validate_python(address))


def _address(text: str) -> str:
    as_requested(text)
    return text


def _to_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("must lie between the years 1 and 9999 in UTC") from None


_MAX_PASSWORD_LENGTH = 256
_MAX_TYPED_LENGTH = 4 * _MAX_PASSWORD_LENGTH
"""The length that 256 characters may have in another form. Normalising more would take long."""


def _in_normal_form(value: object) -> object:
    if isinstance(value, str) and len(value) <= _MAX_TYPED_LENGTH:
        return normal_password(value)
    return value


def _uncommon(password: str) -> str:
    if is_common(password):
        raise ValueError("is one of the most common passwords: choose another")
    return password


def _short_in_some_form(password: str) -> str:
    if len(password) > _MAX_PASSWORD_LENGTH and (
        len(password) > _MAX_TYPED_LENGTH or len(normal_password(password)) > _MAX_PASSWORD_LENGTH
    ):
        raise PydanticKnownError("string_too_long", {"max_length": _MAX_PASSWORD_LENGTH})
    return password


_HIDDEN: JsonDict = {"format": "password"}
STORABLE = AfterValidator(check_storable)
"""Comes after the bounds: bounds that follow a validator are missing in response schemas."""

Text = Annotated[str, STORABLE]

# The constraints come first: they are not passed through a validator before them.
Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_check_line),
    BeforeValidator(_trim),
]
"""A name or a title: 1 to 200 characters, without white space or invisible marks around them."""

Term = Annotated[str, StringConstraints(max_length=200), STORABLE]
"""A text for exact comparison: at most 200 characters; may be empty."""

Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), STORABLE]
"""Words to search for: at most 200 characters; may be empty."""

Paragraphs = Annotated[str, StringConstraints(max_length=10_000), STORABLE]
"""Free text of at most 10,000 characters; may be empty."""

Message = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000),
    STORABLE,
]
"""A message to the assistant: 1 to 20,000 characters."""
LongText = Annotated[str, StringConstraints(min_length=1, max_length=20_000), STORABLE]
"""Unchanged text of 1 to 20,000 characters."""

Several = Annotated[list[Item], Field(max_length=50)]
"""Alternative values of a filter."""

Slug = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64),
    Form(
        r"^[a-z][a-z0-9_-]*$",
        "begin with a lower-case letter, and contain only lower-case letters, digits, _ and -",
    ),
]
"""A name that programs use: lower-case letters, digits, `_` and `-`."""

Identifier = Annotated[
    str,
    StringConstraints(max_length=64),
    Form(
        r"^[a-z][a-z0-9_]*$",
        "begin with a lower-case letter, and contain only lower-case letters, digits and _",
    ),
]
"""A name that templates and models use: lower-case letters, digits and `_`."""

Phone = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=32),
    Form(
        r"^\+?[0-9 ()./-]+$",
        "be a telephone number: digits, spaces and ( ) . / -, optionally after a +",
        "+0-9 ()./-",
    ),
    BeforeValidator(_type),
]
"""A telephone number. Invisible marks and typographic hyphens and spaces are replaced."""

Sku = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=64),
    Form(
        r"^[A-Za-z0-9][A-Za-z0-9._/-]*$",
        "begin with a letter or a digit, and contain only English letters, digits and . _ / -",
        "A-Za-z0-9._/-",
    ),
    BeforeValidator(_type),
]
"""A stock keeping unit, compared without case."""

Email = Annotated[
    str,
    AfterValidator(normalise_email),
    Field(max_length=254, json_schema_extra={"format": "email"}),
]
"""An e-mail address in normal form, compared without case."""

Password = Annotated[
    str,
    StringConstraints(min_length=8, max_length=_MAX_PASSWORD_LENGTH),
    STORABLE,
    AfterValidator(_uncommon),
    BeforeValidator(_in_normal_form),
    Field(json_schema_extra=_HIDDEN),
]
"""A new password in its normal form, of 8 to 256 characters, and not a common one."""

GivenPassword = Annotated[
    str,
    AfterValidator(_short_in_some_form),
    Field(json_schema_extra=_HIDDEN | {"maxLength": _MAX_PASSWORD_LENGTH}),
]
"""A password as typed, to compare with one that was chosen, perhaps under older rules."""

Flag = Annotated[bool, Strict()]
"""True or false: a body may say neither 0 nor "no"."""

Whole = Annotated[int, Strict()]
"""A whole number: a body may say neither true nor "3"."""

Integer = Annotated[int, Strict(), Field(ge=-(2**31), lt=2**31)]
"""A whole number that a column of integers holds."""

Number = Annotated[float, Strict()]
"""As `Whole`, with decimals."""

PLAIN_NUMBER = BeforeValidator(_plain_number)
Exact = Annotated[Decimal, PLAIN_NUMBER]
"""A decimal number, which as text has the syntax of JSON. Constraints come before
`PLAIN_NUMBER`."""

Quantity = Annotated[
    Decimal, Field(max_digits=16, decimal_places=4), PLAIN_NUMBER, AfterValidator(_four_decimals)
]
"""An exact number with four decimals, as a column of `money.AMOUNT` holds it."""

Day = Annotated[date, BeforeValidator(_a_day)]
"""A day without a time, such as 2026-06-01."""

Url = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=2_000),
    AfterValidator(_check_line),
    AfterValidator(_address),
    Field(json_schema_extra={"format": "uri"}),
]
"""An address of the web, as it was typed."""

UtcDatetime = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_to_utc)]
"""A date and time with a time zone, converted to UTC. Naive values are refused."""
