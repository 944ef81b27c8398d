import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from backend.models.platform.fields import (
    Day,
    Email,
    Exact,
    GivenPassword,
    Identifier,
    Integer,
    Line,
    Paragraphs,
    Password,
    Phone,
    Quantity,
    Sku,
    Slug,
    Url,
    UtcDatetime,
)


def parse(kind: Any, value: object) -> Any:
    return TypeAdapter(kind).validate_python(value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Line, ""),
        (Line, "   "),
        (Integer, 2**31),
        (Integer, "3"),
        (Integer, True),
        (Quantity, "1.23456"),
        (Quantity, "1e13"),
        (Quantity, "1_000"),
        (Quantity, "NaN"),
        (Day, 20_000),
        (Day, "2026-02-30"),
        (Day, "2026-06-01T00:00:00Z"),
        (Day, datetime(2026, 6, 1, tzinfo=UTC)),
        (Url, "nowhere"),
        (Url, "ftp://example.com"),
        (Url, "javascript:alert(1)"),
        (Url, "https://example.com/" + "x" * 2_000),
        (Line, "x" * 201),
        (Line, "a\x00b"),
        (Password, "a\x00bcdefgh"),
        (Line, "a\x1b[2Jb"),
        (Line, "two\nlines"),
        (Line, "\ud800"),
        (Line, None),
        (Paragraphs, "x" * 10_001),
        (Paragraphs, "\x00"),
        (Email, "no address"),
        (Email, "Ada Lovelace <ada@example.com>"),
        (Email, f"{'x' * 250}@example.com"),
        (Email, "a\x00@example.com"),
        (Phone, "call me"),
        (Phone, "+"),
        (Phone, "1" * 33),
        (Password, "short"),
        (Password, "x" * 257),
        (Password, "x" * 1025),
        (Password, "a\N{COMBINING DIAERESIS}" * 4),
        (Password, "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 20),
        (GivenPassword, "x" * 257),
        (GivenPassword, "x" * 1025),
        (GivenPassword, "a\N{COMBINING GRAVE ACCENT}" * 600),
        (UtcDatetime, "2026-01-01T12:00:00"),
        (UtcDatetime, "9999-12-31T23:59:59-01:00"),
        (UtcDatetime, "0001-01-01T00:00:00+01:00"),
        (UtcDatetime, "12026-01-01T00:00:00Z"),
    ],
)
def test_what_does_not_fit_is_refused(kind: Any, value: object) -> None:
    with pytest.raises(ValidationError):
        parse(kind, value)


def test_white_space_around_a_line_is_dropped() -> None:
    assert parse(Line, "  a title \n") == "a title"


def test_white_space_around_paragraphs_is_kept() -> None:
    assert parse(Paragraphs, "  indented\n") == "  indented\n"


def test_an_address_is_kept_in_lower_case() -> None:
    assert parse(Email, "Ada@Example.COM") == "ada@example.com"


def test_a_phone_number_may_be_written_in_the_usual_ways() -> None:
    assert parse(Phone, " +1 (202) 555-0143 ") == "+1 (202) 555-0143"


def test_a_moment_is_turned_into_utc() -> None:
    moment = parse(UtcDatetime, "2026-01-01T12:00:00+02:00")

    assert moment == datetime(2026, 1, 1, 10, tzinfo=UTC)
    assert moment.tzinfo is UTC


@pytest.mark.parametrize("count", [8, 256])
def test_the_length_of_a_password_is_that_of_its_normal_form(count: int) -> None:
    assert parse(Password, "a\N{COMBINING DIAERESIS}" * count) == "ä" * count


@pytest.mark.parametrize(
    "password",
    [
        pytest.param("a\N{COMBINING DIAERESIS}" * 256, id="longer than it may be, as it is typed"),
        pytest.param("ﬃ" * 200, id="longer than it may be, in the normal form"),
        pytest.param("", id="too short by now"),
    ],
)
def test_a_password_to_compare_stays_as_it_was_typed(password: str) -> None:
    assert parse(GivenPassword, password) == password


def test_what_would_take_long_to_normalise_is_refused_at_once() -> None:
    marks = "\N{COMBINING GRAVE ACCENT BELOW}\N{COMBINING GRAVE ACCENT}" * 200_000

    started = time.perf_counter()
    for kind in (Password, GivenPassword):
        with pytest.raises(ValidationError, match="at most 256"):
            parse(kind, marks)
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        (Phone, "\u202a+49 151 234567\u202c", "+49 151 234567"),
        (Phone, "\ufeff030\u00a0901\u202f820\u200b", "030 901 820"),
        (Phone, "+1\u2011202\u2011555\u00ad0143", "+1-202-5550143"),
        (Phone, "\u2066\uff0b49\u2212151\u2069", "+49-151"),
        (Email, "\u200bada@example.com\ufeff", "ada@example.com"),
        (Email, "\u202aAda@example.com\u202c", "ada@example.com"),
        (Sku, "\ufeffSEAT\u20111\u200b", "SEAT-1"),
        (Sku, "\uff33\uff25\uff21\uff34", "SEAT"),
        (Line, "\u200b\u00a0Ada\u202c\ufeff", "Ada"),
        (
            Line,
            "\u0646\u0645\u06cc\u200c\u0634\u0648\u062f",
            "\u0646\u0645\u06cc\u200c\u0634\u0648\u062f",
        ),
        (Paragraphs, "\u200bas it is\u200b", "\u200bas it is\u200b"),
    ],
)
def test_marks_that_nobody_sees_are_dropped_where_they_mean_nothing(
    kind: Any, value: str, kept: str
) -> None:
    assert parse(kind, value) == kept


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (Phone, "+49 151 x", 'be a telephone number.*: remove "x"'),
        (Phone, "030\u0661", r"remove U\+0661 \(ARABIC-INDIC DIGIT ONE\)"),
        (Phone, "030\x0712", r"remove U\+0007 "),
        (Phone, "1+49", "be a telephone number"),
        (Sku, "SEAT 1", 'only English letters, digits .*: remove " "'),
        (Sku, "-SEAT", "begin with a letter or a digit"),
        (Slug, "Write", "begin with a lower-case letter"),
        (Slug, "write\n", "only lower-case letters, digits, _ and -"),
        (Identifier, "two-words", "only lower-case letters, digits and _"),
        (Line, "a\x1fb", r"control characters or line breaks: remove U\+001F"),
        (Line, "\u200b\u2060", "at least 1 character"),
        (Email, "ad\u200ba@example.com", "ZERO WIDTH SPACE"),
    ],
)
def test_what_is_wrong_is_said_in_words(kind: Any, value: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words) as refused:
        parse(kind, value)

    assert "pattern" not in refused.value.errors()[0]["msg"]


@pytest.mark.parametrize("kind", [Phone, Sku, Slug, Identifier], ids=["phone", "sku", "slug", "id"])
def test_the_schema_has_the_regular_expression(kind: Any) -> None:
    assert TypeAdapter(kind).json_schema()["pattern"].startswith("^")


@pytest.mark.parametrize("value", ["19.90", " 19.90 ", "-.5", "1E+2", "7.", 19.9, Decimal(3)])
def test_a_number_is_written_as_in_json(value: Any) -> None:
    assert parse(Exact, value) == Decimal(str(value).strip())


@pytest.mark.parametrize("value", ["1_000", "\uff11\uff10", "\u0661", "1,5", "Infinity", "NaN", ""])
def test_numbers_of_other_forms_are_refused(value: str) -> None:
    with pytest.raises(ValidationError, match="digits 0 to 9"):
        parse(Exact, value)


def test_a_quantity_has_four_decimals_as_its_column_has() -> None:
    assert str(parse(Quantity, "1.5")) == "1.5000"
    assert str(parse(Quantity, 0.1)) == "0.1000"


def test_a_day_and_an_address_are_kept_as_they_are() -> None:
    assert parse(Day, "2026-06-01").isoformat() == "2026-06-01"
    assert parse(Url, " https://example.com/A?b=ä ") == "https://example.com/A?b=ä"
