"""The areas of the project, as each declares itself beside its services."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scaffold.errors import RefusedError

FILE = "area.toml"
SERVICES = Path("backend/services")


@dataclass(frozen=True, kw_only=True)
class Area:
    """
    Attributes:
        needs: areas without which it makes no sense.
        uses: areas that can be taken out of it.
        reason: why it can't be removed, if it is not that others are built on it.
        resources: those of its resources that can be removed by themselves.
        lends: what others get of it, in words.
        seeds: the modules of `backend/seeds/` that are its own, beside those of its resources.
        settings: the sections of the settings that are its own.
        pages: the pages of `docs/` that are its own.
        packages: the dependencies that only it needs.
        files: what else is its own, as patterns.
        own: the same of each of its resources, by name.
        needed: those that others need, with the names of these.
        kept: those of its resources that can't be removed by themselves, with the reason.
    """

    name: str
    title: str
    is_removable: bool
    needs: tuple[str, ...]
    uses: tuple[str, ...]
    lends: str
    reason: str = ""
    resources: tuple[str, ...] = ()
    seeds: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    own: Mapping[str, list[str]] = field(default_factory=dict)
    needed: Mapping[str, list[str]] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)

    @property
    def every_seed(self) -> tuple[str, ...]:
        return (*self.seeds, *self.resources)


def read_areas(root: Path) -> dict[str, Area]:
    """By name, in the order of their names."""
    found = sorted((root / SERVICES).glob(f"*/{FILE}"))
    return {path.parent.name: _area(path) for path in found}


def _area(path: Path) -> Area:
    given: dict[str, Any] = tomllib.loads(path.read_text())
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in given.items()
    }
    return Area(name=path.parent.name, **values)


def chosen(areas: dict[str, Area], names: list[str]) -> list[Area]:
    """Return the areas that are to go, those first that need others.

    Raises:
        RefusedError: there is no such area, it is part of the base, or one that stays needs it.
    """
    for name in names:
        if name not in areas:
            known = ", ".join(each.name for each in areas.values() if each.is_removable)
            raise RefusedError(f"There is no area {name!r}. These can be removed: {known}.")
        if not areas[name].is_removable:
            reason = areas[name].reason or "it is part of the base"
            raise RefusedError(f"{name} can't be removed: {reason}.")
    for area in areas.values():
        for name in names:
            _refuse_if_needed(name, [area.name] if name in area.needs else [], names)
    return _needing_first([areas[name] for name in dict.fromkeys(names)])


def owners_of(areas: dict[str, Area], names: list[str]) -> list[Area]:
    """Return the area of each resource that is to go.

    Raises:
        RefusedError: no area lets one be removed by itself, or one that stays needs it.
    """
    owners = [_owner_of(areas, name) for name in names]
    for name, area in zip(names, owners, strict=True):
        _refuse_if_needed(name, area.needed.get(name, []), names)
    return owners


def _owner_of(areas: dict[str, Area], name: str) -> Area:
    for area in areas.values():
        if name in area.resources:
            return area
        if name in area.kept:
            raise RefusedError(f"{name} can't be removed by itself: {area.kept[name]}.")
    known = ", ".join(each for area in areas.values() for each in area.resources)
    raise RefusedError(f"There is no resource {name!r} to remove. These can be: {known}.")


def _refuse_if_needed(name: str, by: list[str], going: list[str]) -> None:
    for other in by:
        if other not in going:
            raise RefusedError(
                f"{name} can't be removed while {other} needs it: remove {other} too."
            )


def _needing_first(going: list[Area]) -> list[Area]:
    left, ordered = list(going), list[Area]()
    while left:
        free = [each for each in left if not any(each.name in other.needs for other in left)]
        ordered += free
        left = [each for each in left if each not in free]
    return ordered
