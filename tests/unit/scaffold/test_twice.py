"""A name that stands for two things is refused before anything is written."""

import pytest

from scaffold.errors import RefusedError
from scaffold.names import Names
from scaffold.new.fields import parse_field
from scaffold.new.rendering import Rendering
from scaffold.new.resource import Resource
from scaffold.new.writing import plan
from scaffold.project import known_resources
from scaffold.tree import Tree
from scaffold.twice import defined_twice
from tests.fixtures.processes import ROOT


def planned(name: str, *texts: str) -> Tree:
    """The changes for such a resource, which nobody writes."""
    names, tree = Names.of(name, None), Tree(ROOT)
    fields = tuple(parse_field(text, names.cls) for text in texts)
    resource = Resource(names=names, area="tasks", fields=fields)
    plan(tree, Rendering(resource, known_resources(ROOT)))
    return tree


@pytest.mark.parametrize(
    ("name", "texts", "twice"),
    [
        ("lines", ["label:line"], "Line"),
        ("zeppelins", ["label:line", "query:enum(open,done)"], "ZeppelinQuery"),
        ("zeppelins", ["label:line", "starts_on:date", "starts_at:datetime"],
         "ZeppelinQuery.starts_after"),
        ("zeppelins", ["price:money", "currency:enum(eur,usd)"], "ZeppelinQuery.currency"),
    ],
)  # fmt: skip
def test_what_two_things_would_be_called_is_refused(
    name: str, texts: list[str], twice: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        planned(name, *texts)

    assert f"would have {twice} twice: rename" in refused.value.detail


def test_what_one_thing_is_called_is_written() -> None:
    assert "backend/models/tasks/zeppelins.py" in planned("zeppelins", "label:line").changed


def test_what_was_there_twice_may_stay() -> None:
    overloaded = "def f() -> int: ...\ndef f() -> str: ...\n"

    assert defined_twice(overloaded, overloaded + "x = 1\n") == []
    assert defined_twice("", "x = 1\nx: int = 2\n") == ["x"]
