"""What the declaration of an area says once something is removed."""

from scaffold.remove.texts import declared_without

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
