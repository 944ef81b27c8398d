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
seeds = ["masts", "tar"]
"""
DECLARED = """\
title = "Ships"
lends = "ships"
resources = ["sails"]
seeds = ["masts", "sails", "tar"]

[own]
sails = ["docs/use/sails.md"]
"""


def test_a_resource_is_declared_with_its_seed_and_its_page() -> None:
    assert declared(SAILS)(BARE) == DECLARED


def test_another_is_added_to_the_same_lists() -> None:
    text = declared(Names.of("oars", None))(DECLARED)

    assert 'resources = ["oars", "sails"]\nseeds = ["masts", "oars", "sails", "tar"]\n' in text
    assert '[own]\noars = ["docs/use/oars.md"]\nsails = ["docs/use/sails.md"]\n' in text


def test_what_is_declared_already_is_refused() -> None:
    with pytest.raises(RefusedError, match="There is already: sails in seeds"):
        declared(SAILS)(DECLARED)


def test_what_is_removed_is_declared_no_more() -> None:
    left = declared_without(DECLARED, ["sails", "docs/use/sails.md"])

    assert left == BARE.replace("seeds", "resources = []\nseeds")
