"""Which route a request is for, without a try at every route."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from fastapi.routing import APIRoute, RouteContext
from starlette.types import Scope

from backend.api.fast_path.plans import Plan, plan_of

Place = tuple[str, str, int]
"""The method, the word of the path behind the prefix, and the number of words."""


class IndexedRoute:
    """A route with its path as a whole. It is planned when it is asked for first."""

    def __init__(self, context: RouteContext) -> None:
        self._context = context
        self.match = context.path_regex.fullmatch
        self.route = context.original_route
        self._plans: list[Plan | None] = []

    @property
    def plan(self) -> Plan | None:
        """None for a route that needs more than a plan can do."""
        if not self._plans:
            self._plans.append(plan_of(self._context))
        return self._plans[0]


class RouteIndex:
    """The routes below a prefix, by what tells most of them apart."""

    def __init__(self, contexts: Iterable[RouteContext], prefix: str) -> None:
        self._prefix = f"{prefix}/"
        self._word = prefix.count("/") + 1
        self._routes: dict[Place, list[IndexedRoute]] = defaultdict(list)
        for context in contexts:
            if _is_indexed(context, self._prefix):
                route = IndexedRoute(context)
                for method in context.methods or ():
                    self._routes[self._place(method, str(context.path))].append(route)

    def __iter__(self) -> Any:
        return iter({id(each): each for found in self._routes.values() for each in found}.values())

    def find(self, scope: Scope) -> tuple[IndexedRoute, dict[str, str]] | None:
        """The first route with the path and the method, as FastAPI has it, and its parameters.

        None if there is none, which FastAPI tells better.
        """
        path: str = scope["path"]
        if not path.startswith(self._prefix):
            return None
        for route in self._routes.get(self._place(scope["method"], path), ()):
            if found := route.match(path):
                return route, found.groupdict()
        return None

    def _place(self, method: str, path: str) -> Place:
        words = path.split("/")
        return method, words[self._word], len(words)


def _is_indexed(context: RouteContext, prefix: str) -> bool:
    """Others would need converters of their own for what is in their paths."""
    path = context.path or ""
    return (
        isinstance(context.original_route, APIRoute)
        and path.startswith(prefix)
        and ":" not in path
        and "{" not in path.split("/")[prefix.count("/")]
    )
