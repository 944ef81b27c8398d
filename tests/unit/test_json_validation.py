"""Values that are held against a schema: exactly, and in a time that has a bound."""

import time
from typing import Any

import pytest

from backend.core.json_validation import faults_in, is_too_much, validator_of
from backend.models.assistant.json_schemas import check_json_schema, usable

MAX_SECONDS = 1.0


def fits(schema: dict[str, Any], value: Any) -> bool:
    return not faults_in(value, validator_of(schema))


def schema_of(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields}


@pytest.mark.parametrize(
    ("value", "step", "expected"),
    [
        (0.3, 0.1, True),
        (19.99, 0.01, True),
        (1.1, 0.1, True),
        (-4.35, 0.05, True),
        (1e22, 1, True),
        (12345678901234567890, 10, True),
        (0.30000000000000004, 0.1, False),
        (19.995, 0.01, False),
        (9007199254740993, 2, False),
    ],
)
def test_multiples_are_those_of_decimals(value: float, step: float, expected: bool) -> None:
    assert fits({"multipleOf": step}, value) is expected


@pytest.mark.parametrize(
    ("pattern", "fitting", "not_fitting"),
    [
        (r"^\d+$", "12", "١٢"),
        (r"^\w+$", "abc", "äbc"),
        (r"^\p{L}+$", "äbc", "a1"),
        (r"^\p{Script=Greek}+$", "λ", "l"),
        (r"^(?=.*\d)(?=.*[a-z]).{4,}$", "ab12", "abcd"),
        (r"^(?!draft)", "final", "draft 2"),
        (r"(?<=\$)\d", "$5", "5"),
        (r"^(a|b)\1$", "aa", "ab"),
        (r"^(?<year>\d{4})$", "2026", "26"),
        (r"^\/api\/$", "/api/", "api"),
        (r"^\u{1F680}$", "🚀", "x"),
        (r"^\x41\cA$", "A\x01", "A"),
        (r"^a.c$", "abc", "a\nc"),
        ("b", "abc", "ac"),
    ],
)
def test_patterns_are_those_of_ecma_262(pattern: str, fitting: str, not_fitting: str) -> None:
    assert fits({"pattern": pattern}, fitting)
    assert not fits({"pattern": pattern}, not_fitting)


@pytest.mark.parametrize(
    "dialect",
    [
        "http://json-schema.org/draft-04/schema#",
        "http://json-schema.org/draft-06/schema#",
        "http://json-schema.org/draft-07/schema#",
        "https://json-schema.org/draft/2019-09/schema",
        "https://json-schema.org/draft/2020-12/schema",
    ],
)
def test_each_dialect_knows_definitions_and_takes_formats_as_notes(dialect: str) -> None:
    fields = {"a": {"$ref": "#/$defs/short"}, "b": {"type": "string", "format": "date"}}
    schema = {"$schema": dialect, "$defs": {"short": {"maxLength": 3}}} | schema_of(**fields)
    validator, _ = usable(check_json_schema(schema))

    assert faults_in({"a": "abc", "b": "tomorrow"}, validator) == []
    assert faults_in({"a": "abcd"}, validator) == ["$.a: it is longer than 3 characters"]


@pytest.mark.parametrize(
    ("field", "place"),
    [
        ({"pattern": "("}, "$.properties.a.pattern"),
        ({"pattern": "a{1,99999}" * 9}, "$.properties.a.pattern"),
        ({"patternProperties": {"[": {}}}, "$.properties.a.patternProperties.["),
        ({"multipleOf": 0}, "$.properties.a.multipleOf"),
        ({"items": [{"type": "text"}]}, "$.properties.a.items"),
        ({"allOf": [{}, {"minLength": -1}]}, "$.properties.a.allOf[1].minLength"),
    ],
)
def test_what_is_no_schema_is_refused_at_its_place(field: dict[str, Any], place: str) -> None:
    with pytest.raises(ValueError, match=r"see json-schema|not a pattern of ECMA-262") as refused:
        check_json_schema(schema_of(a=field))

    assert str(refused.value).startswith(f"{place}: ")


def test_faults_are_told_with_their_places_and_in_short() -> None:
    schema = schema_of(a={"items": {"type": "string"}}, b={"enum": ["x" * 5_000]})
    validator = validator_of(schema)

    assert faults_in({"a": ["x", 5, "y" * 9_000]}, validator) == [
        '$.a[1]: it is not of type "string"'
    ]
    (fault,) = faults_in({"b": "y"}, validator)
    assert len(fault) <= 300
    assert len(faults_in({"a": list(range(100))}, validator)) == 5


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"^(a+)+$", "a" * 50_000 + "!"),
        (r"^(\w+\s?)*$", "a " * 20_000 + "!"),
        (r"(?!b)(a|aa)+c", "a" * 50_000),
        (r"(x+x+)+(?=y)y", "x" * 50_000),
        (r"^(a|b|ab)*(?=c)c$", "ab" * 20_000 + "d"),
        (r"(.*)\1x", "ab" * 20_000),
        (r"(?=.*a)(?=.*b)", "z" * 50_000),
    ],
)
def test_no_pattern_takes_long(pattern: str, text: str) -> None:
    validator = validator_of({"pattern": pattern})
    begun = time.process_time()

    faults = faults_in(text, validator)

    assert time.process_time() - begun < MAX_SECONDS
    assert len(faults) == 1


def test_a_pattern_that_takes_too_many_steps_says_so() -> None:
    (fault,) = faults_in({"a": "x" * 500}, validator_of(schema_of(a={"pattern": r"(x+x+)+(?=y)y"})))

    assert fault == "$.a: its pattern takes too many steps for this text; shorten the text"


LOOKS = {"pattern": "^(?=a)(a|b)*$"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (
            {
                "patternProperties": {
                    f"^x{number}$": {"enum": list("abcdef")} for number in range(90)
                }
            },
            {f"key{number}": 1 for number in range(5_000)},
        ),
        ({"items": {"enum": [{"a": number} for number in range(900)]}}, [{"a": 899}] * 5_000),
        ({"items": {"anyOf": [LOOKS] * 50}}, ["a" * 10_000]),
        ({"items": {"anyOf": [{"$ref": "#/$defs/looks"}] * 50}}, ["a" * 10_000]),
        ({"patternProperties": {"^(?!a)": {}}}, {"b" * 200_000: 1}),
    ],
)
def test_what_would_take_too_long_together_is_known_before(
    field: dict[str, Any], value: Any
) -> None:
    schema = schema_of(field=field) | {"$defs": {"looks": LOOKS}}
    _, extent = usable(schema)

    assert is_too_much({"field": value}, extent.parts, extent.lookarounds)


def test_the_most_that_is_compared_takes_no_long_time() -> None:
    choices = [{"const": number} for number in range(900)]
    validator, extent = usable(schema_of(field={"items": {"anyOf": choices}}))
    value = {"field": [899] * 1_000}
    assert not is_too_much(value, extent.parts, extent.lookarounds)
    begun = time.process_time()

    assert faults_in(value, validator) == []

    assert time.process_time() - begun < MAX_SECONDS


def test_what_people_write_is_not_too_much() -> None:
    code = {"type": "string", "pattern": r"^(?=.*\d)[A-Z0-9]{4,}$"}
    row = schema_of(code=code, name={"type": "string"}, tags={"items": {"enum": list("abcdef")}})
    _, extent = usable(schema_of(rows={"type": "array", "items": row}))
    value = {"rows": [{"code": "AB12", "name": "x" * 100, "tags": ["a", "b"]}] * 200}

    assert not is_too_much(value, extent.parts, extent.lookarounds)


def test_patterns_have_a_number() -> None:
    patterns: dict[str, Any] = {f"^{number}": {} for number in range(101)}

    with pytest.raises(ValueError, match=r"\^100: it is one of more than 100 patterns"):
        check_json_schema({"type": "object", "patternProperties": patterns})
