"""What areas declare of themselves is what their imports say."""

from dataclasses import replace
from pathlib import Path

import grimp
import pytest

from scaffold.declarations import Area, chosen, owners_of, read_areas
from scaffold.errors import RefusedError

ROOT = Path(__file__).parents[3]
AREAS = read_areas(ROOT)
LAYERS = {"models", "repositories", "services", "api", "integrations"}


def area_of(module: str) -> str | None:
    parts = module.split(".")
    return next((part for part in parts[2:5] if part in AREAS and parts[1] in LAYERS), None)


@pytest.fixture(scope="module")
def imported() -> dict[str, set[str]]:
    graph = grimp.build_graph("backend")
    found: dict[str, set[str]] = {name: set() for name in AREAS}
    for module in graph.modules:
        area = area_of(module)
        others = map(area_of, graph.find_modules_directly_imported_by(module))
        if area is not None:
            found[area] |= {other for other in others if other is not None and other != area}
    return found


def closed(direct: dict[str, set[str]]) -> dict[str, set[str]]:
    """With what they have by way of others."""
    found = direct
    for _ in direct:
        found = {name: own.union(*(found[each] for each in own)) for name, own in found.items()}
    return found


def test_each_area_names_the_areas_that_it_imports(imported: dict[str, set[str]]) -> None:
    declared = {name: {*area.needs, *area.uses} for name, area in AREAS.items()}

    assert closed(declared) == closed(imported)


def test_only_what_can_be_removed_is_used_without_being_needed() -> None:
    used = {name for area in AREAS.values() for name in area.uses}

    assert {name for name in used if not AREAS[name].is_removable} == set()


def test_what_an_area_names_is_there() -> None:
    for area in AREAS.values():
        named = [f"backend/seeds/{each}.py" for each in area.every_seed] + [
            *area.pages,
            *area.files,
        ]
        named += [f"backend/models/{area.name}/{each}.py" for each in area.resources]
        named += [each for own in area.own.values() for each in own]
        assert [each for each in named if not [*ROOT.glob(each)]] == []


def test_each_seed_belongs_to_one_area() -> None:
    seeds = sorted(each for area in AREAS.values() for each in area.every_seed)
    files = {path.stem for path in (ROOT / "backend/seeds").glob("*.py")}

    assert seeds == sorted(files - {"__init__", "base", "runner"})


def declared(name: str, *needs: str, is_removable: bool = True, reason: str = "") -> Area:
    return Area(
        name=name,
        title=name.capitalize(),
        is_removable=is_removable,
        needs=needs,
        uses=(),
        lends="",
        reason=reason,
    )


DECLARED = {
    each.name: each
    for each in (
        declared("harbour", is_removable=False),
        declared("lights", "harbour", is_removable=False, reason="ships need them"),
        declared("ships", "harbour"),
        declared("cargo", "ships"),
    )
}


def test_what_needs_others_goes_first() -> None:
    assert [each.name for each in chosen(DECLARED, ["ships", "cargo"])] == ["cargo", "ships"]


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["weather"], "There is no area 'weather'. These can be removed: ships, cargo."),
        (["harbour"], "it is part of the base"),
        (["lights"], "lights can't be removed: ships need them"),
        (["ships"], "cargo needs it: remove cargo too"),
    ],
)
def test_an_impossible_choice_is_refused_with_the_reason(names: list[str], reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        chosen(DECLARED, names)


SHIPS = replace(
    DECLARED["ships"],
    resources=("masts", "sails"),
    needed={"masts": ["sails"]},
    kept={"hulls": "masts stand on them"},
)


def test_what_a_resource_needs_goes_with_it() -> None:
    assert owners_of({"ships": SHIPS}, ["sails"]) == [SHIPS]
    assert owners_of({"ships": SHIPS}, ["masts", "sails"]) == [SHIPS, SHIPS]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("hulls", "hulls can't be removed by itself: masts stand on them"),
        ("masts", "masts can't be removed while sails needs it: remove sails too"),
        ("oars", "There is no resource 'oars' to remove. These can be: masts, sails."),
    ],
)
def test_an_impossible_resource_is_refused_with_the_reason(name: str, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        owners_of({"ships": SHIPS}, [name])


def test_areas_are_those_of_the_packages() -> None:
    folders = {path.parent.name for path in (ROOT / "backend/services").glob("*/__init__.py")}

    assert set(AREAS) == folders
    assert all(isinstance(each, Area) and each.title and each.lends for each in AREAS.values())
