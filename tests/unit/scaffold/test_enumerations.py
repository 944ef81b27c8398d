"""What a migration does with rows whose enumeration has lost a member."""

import sqlalchemy as sa

from scaffold.remove.enumerations import clean_up, enumerations

MODELS = sa.MetaData()
sa.Table(
    "letters",
    MODELS,
    sa.Column("kind", sa.Enum("greeting", "bill"), nullable=False),
    sa.Column("rating", sa.Enum("good", "fair")),
    sa.Column("title", sa.String(20)),
)
SAME = {"letters.kind": ["greeting", "bill"], "letters.rating": ["good", "fair"]}


def test_enumerations_are_listed_by_table_and_column() -> None:
    assert enumerations(MODELS) == SAME


def test_rows_of_values_that_are_gone_go_too() -> None:
    before = SAME | {"letters.kind": ["greeting", "order", "bill", "return"]}

    assert clean_up(before, MODELS) == [
        "DELETE FROM letters WHERE letters.kind IN ('order', 'return')"
    ]


def test_an_optional_value_is_emptied_and_its_row_kept() -> None:
    before = SAME | {"letters.rating": ["good", "bad", "fair"]}

    assert clean_up(before, MODELS) == [
        "UPDATE letters SET rating=NULL WHERE letters.rating IN ('bad')"
    ]


def test_nothing_is_written_where_nothing_is_lost() -> None:
    assert clean_up(SAME | {"parcels.status": ["sent"]}, MODELS) == []
