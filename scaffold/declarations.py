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
        seeds: the modules of `backend/seeds/` that are its own.
        settings: the sections of the settings that are its own.
        pages: the pages of `docs/` that are its own.
        packages: the dependencies that only it needs.
        files: what else is its own, as patterns.
        own: the same of each of its resources, by name.
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
    kept: Mapping[str, str] = field(default_factory=dict)


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
        missing = [name for name in names if name in area.needs]
        if missing and area.name not in names:
            raise RefusedError(
                f"{missing[0]} can't be removed while {area.name} needs it: "
                f"remove {area.name} too."
            )
    return _needing_first([areas[name] for name in dict.fromkeys(names)])


def _needing_first(going: list[Area]) -> list[Area]:
    left, ordered = list(going), list[Area]()
    while left:
        free = [each for each in left if not any(each.name in other.needs for other in left)]
        ordered += free
        left = [each for each in left if each not in free]
    return ordered
