"""Finds the route of a request without trying every route."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from fastapi.routing import APIRoute, RouteContext
from starlette.types import Scope

from backend.api.fast_path.planning import plan_of
from backend.api.fast_path.plans import Plan
from backend.services.container import Services

_PARAMETER = re.compile(r"\{(\w+)\}")
Words = tuple[str, ...]


@dataclass(slots=True)
class IndexedRoute:
    """A route with its full path. Its plan is made at the first request."""

    context: RouteContext
    route: APIRoute
    number: int
    """Of two routes with the same path, FastAPI takes the one added first."""
    words: Words
    services: Services | None
    _plans: list[Plan | None] = field(default_factory=list)

    @property
    def plan(self) -> Plan | None:
        """None for a route that a plan can't serve."""
        if not self._plans:
            self._plans.append(plan_of(self.context, self.services))
        return self._plans[0]

    @property
    def fixed(self) -> tuple[int, ...]:
        """The indexes of the segments that are not parameters."""
        return tuple(at for at, word in enumerate(self.words) if not _PARAMETER.fullmatch(word))

    @property
    def parameters(self) -> list[tuple[str, int]]:
        """The name of each parameter, and its index among the segments."""
        found = [(_PARAMETER.fullmatch(word), at) for at, word in enumerate(self.words)]
        return [(match[1], at) for match, at in found if match]


@dataclass(slots=True)
class _Shape:
    """Routes whose paths have parameters at the same indexes, by their other segments."""

    fixed: tuple[int, ...]
    routes: dict[Words, tuple[IndexedRoute, list[tuple[str, int]]]] = field(default_factory=dict)


class RouteIndex:
    """The routes below a prefix: one look-up for each shape of paths of that length."""

    def __init__(
        self, contexts: Iterable[RouteContext], prefix: str, services: Services | None = None
    ) -> None:
        """With services, plans hold them instead of asking for them at each request."""
        self._prefix = f"{prefix}/"
        self._routes: list[IndexedRoute] = []
        self._shapes: dict[tuple[str, int], list[_Shape]] = defaultdict(list)
        for context in contexts:
            route, path = context.original_route, context.path or ""
            if isinstance(route, APIRoute) and _is_indexed(path, self._prefix):
                words = tuple(path.split("/"))
                self._add(IndexedRoute(context, route, len(self._routes), words, services))

    def __iter__(self) -> Iterator[IndexedRoute]:
        return iter(self._routes)

    @property
    def max_looks(self) -> int:
        """The largest number of look-ups for one route."""
        return max(map(len, self._shapes.values()), default=0)

    def find(self, scope: Scope) -> tuple[IndexedRoute, dict[str, str]] | None:
        """Return the first route with the path and the method, and the path parameters.

        None if there is none: FastAPI answers that.
        """
        path: str = scope["path"]
        if not path.startswith(self._prefix):
            return None
        words = path.split("/")
        best: IndexedRoute | None = None
        places: list[tuple[str, int]] = []
        for shape in self._shapes.get((scope["method"], len(words)), ()):
            found = shape.routes.get(tuple([words[at] for at in shape.fixed]))
            if found is not None and (best is None or found[0].number < best.number):
                best, places = found
        if best is None:
            return None
        parameters = {name: words[at] for name, at in places}
        return (best, parameters) if all(parameters.values()) else None

    def _add(self, route: IndexedRoute) -> None:
        self._routes.append(route)
        key = tuple(route.words[at] for at in route.fixed)
        for method in route.context.methods or ():
            shapes = self._shapes[method, len(route.words)]
            shape = next((each for each in shapes if each.fixed == route.fixed), None)
            if shape is None:
                shape = _Shape(route.fixed)
                shapes.append(shape)
            shape.routes.setdefault(key, (route, route.parameters))


def _is_indexed(path: str, prefix: str) -> bool:
    """Whether each parameter is a whole segment of the path, without a converter."""
    words = path.removeprefix(prefix).split("/")
    plain = all(_PARAMETER.fullmatch(word) or not set("{}") & set(word) for word in words)
    return path.startswith(prefix) and plain
