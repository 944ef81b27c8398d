"""The smallest piece of code around something that is gone, and what goes with it."""

import ast
from pathlib import Path
from textwrap import dedent

import libcst as cst
import pytest

from scaffold.remove.cutter import Cutter
from scaffold.remove.dead import Dead, DeadParameter
from scaffold.remove.finding import uses_of
from scaffold.remove.orphans import definitions_of
from scaffold.remove.syntax import Source

CODE = Path("backend/services/garden/plants.py")
TEST = Path("tests/unit/garden/test_plants.py")


def without(name: str, code: str, path: Path = CODE, dead: Dead | None = None) -> str:
    """Cut every use of a name. Returns the code as Python itself would write it."""
    return plain(cut(dedent(code), name, path, dead))


def cut(code: str, name: str, path: Path = CODE, dead: Dead | None = None) -> str:
    source = Source(path, code)
    cutter = Cutter(source, dead or Dead())
    for use in list(uses_of(source, {name})):
        cutter.kill(use)
    return cutter.code()


def plain(code: str) -> str:
    return ast.unparse(ast.parse(dedent(code)))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("KNOWN = (Rose, Weed, Oak)", "KNOWN = (Rose, Oak)"),
        ("KNOWN = (Rose, Weed)", "KNOWN = (Rose,)"),
        ("KNOWN = {Rose: 1, Weed: 2}", "KNOWN = {Rose: 1}"),
        ("KNOWN: set[type] = {Weed}", "KNOWN: set[type] = set()"),
        ("Plant = Rose | Weed | Oak", "Plant = Rose | Oak"),
        ("kind: Literal[Rose, Weed]", "kind: Literal[Rose]"),
        ("rows = [(Rose, 1), (Weed, 2)]", "rows = [(Rose, 1)]"),
        ("rose, weed = Rose(), Weed()", "rose = Rose()"),
        ("class Bed(Rose, Weed): ...", "class Bed(Rose): ..."),
        ("x = tall or isinstance(plant, Weed)", "x = tall"),
        ("x = [each for each in plants if each is not Weed]", "x = [each for each in plants]"),
        ("x = find(*Weed.values(), Rose)", "x = find(Rose)"),
        ("await gather(a, grow(Weed))", "await gather(a)"),
        ("grow: Weed | None = None", ""),
    ],
)
def test_one_of_several_goes_by_itself(before: str, after: str) -> None:
    assert without("Weed", before) == plain(after)


@pytest.mark.parametrize(
    ("opening", "closing"), [("{", "}"), ("[", "]"), ("(", ")")], ids=["set", "list", "tuple"]
)
@pytest.mark.parametrize("gone", ["Rose", "Weed", "Oak"])
def test_a_comment_goes_with_what_it_stands_above(opening: str, closing: str, gone: str) -> None:
    parts = {"Rose": "smells", "Weed": "is pulled", "Oak": "lasts"}
    before = commented(opening, parts, closing)

    after = cut(before, gone).replace("    \n", "")

    del parts[gone]
    assert after == commented(opening, parts, closing)


def commented(opening: str, parts: dict[str, str], closing: str) -> str:
    lines = "".join(f"    # It {why}.\n    {name},\n" for name, why in parts.items())
    return f"KNOWN = {opening}\n{lines}{closing}\n"


def test_a_comment_above_a_key_goes_with_its_entry() -> None:
    code = "KNOWN = {\n    # One.\n    Rose: 1,\n    # Two.\n    Weed: 2,\n    Oak: 3,\n}\n"

    assert cut(code, "Weed") == "KNOWN = {\n    # One.\n    Rose: 1,\n    Oak: 3,\n}\n"
    assert cut(code, "Rose") == "KNOWN = {\n    # Two.\n    Weed: 2,\n    Oak: 3,\n}\n"


def test_a_branch_that_is_never_taken_goes_and_the_other_stays() -> None:
    code = """
        def grow(plant):
            if plant is Weed:
                pull(plant)
            else:
                water(plant)
    """

    assert without("Weed", code) == plain("def grow(plant):\n    water(plant)")


def test_a_condition_that_is_always_true_goes_and_its_body_stays() -> None:
    code = """
        def grow(plant):
            if plant is not Weed and plant.is_dry:
                water(plant)
    """

    left = "def grow(plant):\n    if plant.is_dry:\n        water(plant)"
    assert without("Weed", code) == plain(left)


def test_a_parameter_goes_and_is_remembered_for_its_callers() -> None:
    dead = Dead()

    left = without("Weed", "def plant(rose: Rose, weed: Weed) -> None: ...", dead=dead)

    assert left == plain("def plant(rose: Rose) -> None: ...")
    assert dead.parameters == {DeadParameter("plant", 1, "weed")}


def test_callers_no_longer_give_what_is_no_parameter() -> None:
    dead = Dead(parameters={DeadParameter("plant", 1, "weed")})

    assert without("Weed", "x = plant(rose, Weed(), 3)", dead=dead) == "x = plant(rose, 3)"


def test_what_returns_something_that_is_gone_is_gone() -> None:
    dead = Dead()

    assert without("Weed", "def weed() -> Weed: ...\ndef rose() -> Rose: ...", dead=dead) == (
        plain("def rose() -> Rose: ...")
    )
    assert dead.names == {("backend.services.garden.plants", "weed")}


def test_a_test_that_uses_it_goes_as_a_whole() -> None:
    code = """
        def test_roses():
            assert Rose()


        def test_weeds():
            weed = Weed()
            assert weed.grows
    """

    assert without("Weed", code, TEST) == plain("def test_roses():\n    assert Rose()")


@pytest.mark.parametrize(
    "use",
    [
        "assert grown({'rose': Rose, 'weed': Weed})",
        "assert grown(Rose | Weed)",
        "assert grown(size=3, kind=Weed)",
        "assert [grow() for grow in (Rose, Weed)]",
        "grow = lambda: Rose or Weed",
    ],
)
def test_a_test_is_not_left_with_less_than_it_had(use: str) -> None:
    code = f"def test_plants():\n    {use}\n\n\ndef test_roses():\n    assert Rose()"

    assert without("Weed", code, TEST) == plain("def test_roses():\n    assert Rose()")


def test_a_case_of_a_test_goes_by_itself() -> None:
    code = """
        @pytest.mark.parametrize("plant", [Rose, Weed])
        def test_plants(plant): ...
    """

    left = without("Weed", code, TEST)

    assert left.splitlines()[0] == "@pytest.mark.parametrize('plant', [Rose])"


def test_a_constant_goes_with_the_text_below_it() -> None:
    code = 'HEIGHT = Weed.height\n"""In metres."""\nWIDTH = 1'

    assert without("Weed", code) == "WIDTH = 1"


def test_places_are_those_of_the_file() -> None:
    code = "x = 1\n\n\ndef f():\n    try:\n        a()\n    finally:\n        b()\n"
    source = Source(CODE, code)
    calls = [node for node in source.nodes() if isinstance(node, cst.Call)]

    assert sorted(source.line(call) for call in calls) == [6, 8]


def test_what_stood_on_one_line_does_so_again() -> None:
    source = Source(CODE, "GARDEN = [Rose, Weed]\n")
    cutter = Cutter(source, Dead())
    for use in list(uses_of(source, {"Weed"})):
        cutter.kill(use)

    assert cutter.code() == "GARDEN = [Rose]\n"


def test_a_method_that_a_base_class_may_call_is_no_orphan() -> None:
    code = """
        class Bed(Frame):
            def on_rain(self): ...

        class Pot:
            def on_rain(self): ...

        def on_frost(): ...
    """
    source = Source(CODE, dedent(code))
    found = [source.lines(each).first for each in definitions_of(source, {"on_rain", "on_frost"})]

    assert found == [6, 8]


def test_what_only_did_something_in_a_branch_that_is_never_taken_goes() -> None:
    code = """
        def tend(plants):
            for plant in plants:
                if plant.kind is Weed:
                    plant.pull()
    """

    assert without("Weed", code) == ""
