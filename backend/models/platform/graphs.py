"""What comes before what: names, each with the names that it needs to be done first."""

from collections.abc import Collection, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

Needs = Mapping[str, Collection[str]]


def repeated(names: Iterable[str]) -> list[int]:
    """The places of names that stand there a second time."""
    seen: set[str] = set()
    places = []
    for place, name in enumerate(names):
        if name in seen:
            places.append(place)
        seen.add(name)
    return places


def cycle_in(needs: Needs) -> list[str]:
    """The names of a circle, first and last the same; empty if there is none."""
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle
    return []


def ancestors_of(name: str, needs: Needs) -> set[str]:
    """All that is done before, whether needed at once or by what is needed."""
    found: set[str] = set()
    waiting = list(needs.get(name, ()))
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting.extend(needs.get(each, ()))
    return found


def last_of(needs: Needs) -> list[str]:
    """Those that nothing else needs, in their order."""
    needed = {each for some in needs.values() for each in some}
    return [name for name in needs if name not in needed]
