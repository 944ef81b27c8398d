"""The kinds of fields, and what each is in Python, in SQL and in an example."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """
    Attributes:
        type: in bodies; those of enums are named after the field.
        stored_type: in the table, where it is another.
        shown_type: in answers, where it is another.
        sa_type: the type of the column, where the Python type does not say it.
        example: as JSON, for the documentation.
        made: the code of a value for the row `number`.
        sort: how `keyset.py` sorts by it.
        bad: a value, as JSON, that a body may not have.
    """

    name: str
    type: str = ""
    stored_type: str = ""
    shown_type: str = ""
    sa_type: str = ""
    example: str = ""
    made: str = ""
    sort: str = ""
    bad: str = '"\\x00"'


_ALL = (
    Kind(
        "line",
        "Line",
        example='"{a}"',
        made='f"{word} {number}"',
        sort="by_name({})",
        bad='" "',
    ),
    Kind("text", "Paragraphs", example='"More about it."', made='f"Text {number}"'),
    Kind(
        "sku",
        "Sku",
        example='"A-100"',
        made='f"A-{number}"',
        sort="by_name({})",
        bad='"two words"',
    ),
    Kind(
        "email",
        "Email",
        shown_type="str",
        example='"grace@example.com"',
        made='f"person{number}@example.com"',
        sort="by_name({})",
        bad='"nobody"',
    ),
    Kind(
        "url",
        "Url",
        shown_type="str",
        example='"https://example.com/about"',
        made='f"https://example.com/{number}"',
        sort="by_name({})",
        bad='"nowhere"',
    ),
    Kind("int", "Integer", example="3", made="number", bad='"3"'),
    Kind(
        "decimal",
        "Quantity",
        stored_type="Decimal",
        sa_type="AMOUNT",
        example='"1.5000"',
        made='Decimal("1.5000")',
        bad='"1.23456"',
    ),
    Kind(
        "money",
        "Money",
        example='{"amount": "240.00", "currency": "EUR"}',
        bad='{"amount": "-1", "currency": "EUR"}',
    ),
    Kind("bool", "Flag", example="True", made="False", bad='"no"'),
    Kind(
        "date",
        "Day",
        example='"2026-06-01"',
        made="(MOMENT + timedelta(days=number)).date()",
        sort="by_column({}, DAY)",
        bad='"tomorrow"',
    ),
    Kind(
        "datetime",
        "UtcDatetime",
        stored_type="datetime",
        example='"2026-06-01T09:00:00Z"',
        made="MOMENT + timedelta(hours=number)",
        sort="by_column({}, MOMENT)",
        bad='"2026-06-01T09:00:00"',
    ),
    Kind("enum", bad='"unknown"'),
    Kind("ref", "UUID", bad='"1"'),
    Kind("user", "UUID", bad='"1"'),
)
KINDS = {kind.name: kind for kind in _ALL}
