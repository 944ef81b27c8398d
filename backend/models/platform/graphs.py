"""Dependency graphs: names, each with the names that must come first."""

from collections.abc import Collection, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

Needs = Mapping[str, Collection[str]]


def repeated(names: Iterable[str]) -> list[int]:
    """Return the indexes of repeated names."""
    seen: set[str] = set()
    places = []
    for place, name in enumerate(names):
        if name in seen:
            places.append(place)
        seen.add(name)
    return places


def cycle_in(needs: Needs) -> list[str]:
    """Return the names of a cycle, the first repeated at the end; empty if there is none."""
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle
    return []


def ancestors_of(name: str, needs: Needs) -> set[str]:
    """Return all direct and indirect predecessors."""
    found: set[str] = set()
    waiting = list(needs.get(name, ()))
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting.extend(needs.get(each, ()))
    return found


def last_of(needs: Needs) -> list[str]:
    """Return the names that no other needs, in order."""
    needed = {each for some in needs.values() for each in some}
    return [name for name in needs if name not in needed]
