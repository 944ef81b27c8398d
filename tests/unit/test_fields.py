import time
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from backend.models.fields import (
    Email,
    GivenPassword,
    Line,
    Paragraphs,
    Password,
    Phone,
    UtcDatetime,
)


def parse(kind: Any, value: object) -> Any:
    return TypeAdapter(kind).validate_python(value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Line, ""),
        (Line, "   "),
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
