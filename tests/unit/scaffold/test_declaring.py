"""How a new resource is declared, and removed from the declaration again."""

import pytest

from scaffold.errors import RefusedError
from scaffold.names import Names
from scaffold.new.declaring import declared
from scaffold.remove.texts import declared_without

SAILS = Names.of("sails", None)
BARE = """\
title = "Ships"
lends = "ships"
seeds = ["tar"]
"""
DECLARED = """\
title = "Ships"
lends = "ships"
resources = ["sails"]
seeds = ["tar"]
"""


def test_a_resource_is_declared() -> None:
    assert declared(SAILS)(BARE) == DECLARED


def test_another_is_added_to_the_same_list() -> None:
    text = declared(Names.of("oars", None))(DECLARED)

    assert 'resources = ["oars", "sails"]\n' in text


def test_what_is_declared_already_is_refused() -> None:
    with pytest.raises(RefusedError, match="There is already: the resource sails"):
        declared(SAILS)(DECLARED)


def test_an_area_that_declares_nothing_is_refused() -> None:
    with pytest.raises(RefusedError, match="not as expected"):
        declared(SAILS)('title = "Ships"')


def test_what_is_removed_is_declared_no_more() -> None:
    assert declared_without(DECLARED, ["sails"]) == BARE
