"""The routes of resources: analysed once, with all that their router says of them."""

from typing import Any

import httpx2
from fastapi import Depends, FastAPI

from backend.api.router import PREFIX
from backend.api.routes import CheckedRoute, ResourceRouter
from tests.integration.api.document import routes


class CountedRoute(CheckedRoute):
    made = 0

    def __init__(self, *args: Any, **options: Any) -> None:
        CountedRoute.made += 1
        super().__init__(*args, **options)


async def close_gate() -> None:
    """What a router demands of all its routes."""


async def open_gate() -> None:
    """What a route demands besides."""


async def name_gate(name: str, text: str) -> str:
    return name + text


def test_each_route_of_a_resource_is_analysed_once() -> None:
    CountedRoute.made = 0
    router = ResourceRouter(prefix="/gates", tags=["gates"], route_class=CountedRoute)
    router.get("/{name}")(name_gate)
    app = FastAPI()

    router.add_to(app.router, "/v7", 100)

    assert CountedRoute.made == 1
    # An included router would make another analysis out of this one.
    ours = [each for each in routes() if str(each.path).startswith(PREFIX)]
    assert ours
    assert all(each.path == getattr(each.route, "path", None) for each in ours)


async def test_a_route_has_what_its_router_says_besides_its_own() -> None:
    demanded = Depends(close_gate)
    router = ResourceRouter(
        prefix="/gates", tags=["gates"], route_class=CheckedRoute, dependencies=[demanded]
    )
    router.post("/{name}", tags=["names"], dependencies=[Depends(open_gate)])(name_gate)
    app = FastAPI()
    router.add_to(app.router, "/v7", 10)

    [route] = [each for each in app.routes if isinstance(each, CheckedRoute)]
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        short = await client.post("/v7/gates/north?text=s", content=b"x" * 10)
        long = await client.post("/v7/gates/north?text=s", content=b"x" * 11)

    assert route.path == "/v7/gates/{name}"
    assert route.tags == ["gates", "names"]
    assert [each.dependency for each in route.dependencies] == [close_gate, open_gate]
    assert (short.status_code, short.json()) == (200, "norths")
    assert long.status_code == 413
