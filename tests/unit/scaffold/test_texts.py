"""What declarations and contracts say once something is removed."""

import pytest

from scaffold.remove.texts import declared_without, protecting

DECLARATION = """\
title = "Ships"
needs = ["harbour", "lights"]
uses = ["cargo"]
resources = ["masts", "sails"]

[needed]
masts = ["sails"]

[kept]
hulls = "masts stand on them"

[own]
sails = [
    "docs/sails.md",
]
"""


def test_a_name_that_is_gone_is_taken_out_of_the_lists() -> None:
    text = declared_without(DECLARATION, ["lights", "cargo"])

    assert text.startswith('title = "Ships"\nneeds = ["harbour"]\nuses = []\n')


def test_tables_that_say_nothing_any_more_go_too() -> None:
    text = declared_without(DECLARATION, ["sails", "docs/sails.md"])

    assert text == """\
title = "Ships"
needs = ["harbour", "lights"]
uses = ["cargo"]
resources = ["masts"]

[kept]
hulls = "masts stand on them"
"""


def test_nothing_changes_where_nothing_is_named() -> None:
    assert declared_without(DECLARATION, ["oars"]) == DECLARATION


@pytest.mark.parametrize(
    ("there", "left"),
    [
        ({"oak", "elm", "backend.woods"}, '["oak", "elm", "backend.woods"]'),
        ({"oak", "elm"}, '["oak", "elm"]'),
        ({"elm"}, '["elm"]'),
        ({"backend.woods"}, '["backend.woods"]'),
    ],
)
def test_a_contract_protects_what_is_left(there: set[str], left: str) -> None:
    contract = '[[contracts]]\nprotected_modules = ["oak", "elm", "backend.woods"]\ntype = "x"\n'

    found = protecting(contract, there.__contains__)

    assert found == f'[[contracts]]\nprotected_modules = {left}\ntype = "x"\n'


def test_a_contract_that_protects_nothing_any_more_goes() -> None:
    assert protecting('[[contracts]]\nprotected_modules = ["oak"]\n', set().__contains__) == ""
