"""The fast path answers as FastAPI's own way does, and leaves it what it does not know."""

import json
from ast import literal_eval
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from urllib.parse import quote

import fastapi
import httpx2
import pytest
from fastapi import APIRouter, BackgroundTasks, Body, Cookie, Depends, FastAPI, Form, Header, Query
from fastapi.routing import iter_route_contexts

from backend.api.fast_path.asgi import FastPath
from backend.api.fast_path.index import IndexedRoute, RouteIndex
from backend.api.routes import CheckedRoute
from tests.factories import PASSWORD
from tests.fixtures.people import Person
from tests.ids import short_id

TASK = {"title": "Water the plants", "priority": "high"}
JSON = {"Content-Type": "application/json"}
FASTAPIS_OWN = {
    # Bodies and events that come piece by piece.
    "download_file",
    "follow_execution",
    "follow_notifications",
    "follow_stream",
    # A body that may be left out.
    "export_account",
    # A redirect.
    "return_from_provider",
}
MAX_LOOKS = 4
OF_EACH_ANSWER = {"x-request-id"}

Asked = tuple[str, str, dict[str, Any]]
OneBody = Annotated[dict[str, int], Body()]

READS: list[Asked] = [
    ("GET", "/tasks/{id}", {}),
    ("HEAD", "/tasks/{id}", {}),
    ("GET", "/tasks/{id}/", {}),
    ("GET", "/tasks", {}),
    ("GET", "/tasks", {"params": {"limit": 1, "sort": "-created_at", "total": "true"}}),
    ("GET", "/tasks", {"params": [("status", "open"), ("status", "done")]}),
    ("GET", "/tasks", {"params": {"q": "plants"}}),
    ("GET", "/tasks", {"headers": {"Accept": "text/csv"}}),
    ("GET", "/tasks/{id}", {"headers": {"If-None-Match": '"1"'}}),
    ("GET", "/tasks/{id}", {"headers": {"If-None-Match": "*"}}),
    ("GET", "/users/me", {}),
]
REFUSED: list[Asked] = [
    ("GET", "/tasks/no-id", {}),
    ("GET", "/tasks/01976d5e-8f60-7c3a-9b52-5d1f0a6c7e04", {}),
    ("GET", "/tasks", {"params": {"limit": "many"}}),
    ("GET", "/tasks", {"params": {"colour": "red"}}),
    ("GET", "/tasks", {"params": [("limit", "1"), ("limit", "2")]}),
    ("GET", "/tasks", {"params": {"cursor": "nonsense"}}),
    ("GET", "/tasks/{id}", {"headers": {"If-None-Match": "nonsense"}}),
    ("GET", "/tasks/{id}", {"headers": {"If-None-Match": "x" * 3_000}}),
    ("GET", "/tasks/{id}", {"headers": {"Authorization": "Bearer nonsense"}}),
    ("GET", "/tasks/{id}", {"headers": {"Authorization": ""}}),
    ("PUT", "/tasks/{id}", {}),
    ("GET", "/nothing/{id}", {}),
    ("POST", "/tasks", {"json": {}}),
    ("POST", "/tasks", {"json": TASK | {"priority": "none"}}),
    ("POST", "/tasks", {"json": TASK | {"colour": "red"}}),
    ("POST", "/tasks", {"json": []}),
    ("POST", "/tasks", {}),
    ("POST", "/tasks", {"content": b"{", "headers": {"Content-Type": "application/json"}}),
    (
        "POST",
        "/tasks",
        {"content": b'{"a": 1, "a": 2}', "headers": {"Content-Type": "application/json"}},
    ),
    ("POST", "/tasks", {"content": json.dumps(TASK), "headers": {"Content-Type": "text/plain"}}),
    ("POST", "/tasks", {"json": TASK | {"description": "x" * 70_000}}),
    ("POST", "/tasks", {"json": TASK, "headers": {"Authorization": "Bearer nonsense"}}),
    ("POST", "/tasks", {"json": TASK | {"assignee_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e04"}}),
    ("PATCH", "/tasks/{id}", {"json": {"title": "New"}, "headers": {"If-Match": '"9"'}}),
    ("PATCH", "/tasks/{id}", {"json": {"title": None}}),
    ("DELETE", "/tasks/{id}", {"headers": {"If-Match": 'W/"1"'}}),
]


@contextmanager
def fastapis_own_way(client: httpx2.AsyncClient) -> Iterator[None]:
    """Any override of a dependency makes FastAPI solve all of them."""
    overrides = app_of(client).dependency_overrides
    overrides[fastapis_own_way] = fastapis_own_way
    try:
        yield
    finally:
        overrides.clear()


def app_of(client: httpx2.AsyncClient) -> FastAPI:
    app = client._transport.app  # type: ignore[attr-defined]  # made by us
    assert isinstance(app, FastAPI)
    return app


def index_of(app: FastAPI) -> RouteIndex:
    entry: Any = app.router.middleware_stack
    assert isinstance(entry, FastPath)
    return entry.index


def comparable(answer: httpx2.Response) -> tuple[Any, ...]:
    headers = {name: value for name, value in answer.headers.items() if name not in OF_EACH_ANSWER}
    given = answer.headers["x-request-id"]
    return answer.status_code, headers, answer.text.replace(given, "the request's id")


async def ask(person: Person, asked: Asked, task_id: str) -> tuple[Any, ...]:
    method, path, options = asked
    return comparable(await person.request(method, path.replace("{id}", task_id), **options))


@pytest.mark.parametrize("asked", [*READS, *REFUSED], ids=short_id)
async def test_both_ways_give_the_same_answer(member: Person, asked: Asked) -> None:
    task_id = (await member.post("/tasks", json=TASK)).json()["id"]

    fast = await ask(member, asked, task_id)
    with fastapis_own_way(member.client):
        slow = await ask(member, asked, task_id)

    assert fast == slow
    assert (fast[0] < 400) == (asked in READS)


@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_both_ways_write_the_same(member: Person, method: str) -> None:
    async def write() -> dict[str, Any]:
        made = await member.post("/tasks", json=TASK)
        if method == "PATCH":
            changed = {"title": "Feed the cat"}
            made = await member.patch(f"/tasks/{made.json()['id']}", json=changed)
        assert made.status_code < 300
        assert made.headers["etag"] == f'"{made.json()["version"]}"'
        changing = {"id", "created_at", "updated_at"}
        return {name: value for name, value in made.json().items() if name not in changing}

    fast = await write()
    with fastapis_own_way(member.client):
        slow = await write()

    assert list(fast.items()) == list(slow.items())


def form_of(*parts: tuple[str, str]) -> dict[str, Any]:
    """A request with the parts of a form: what stands behind each `form-data`, and its content."""
    shown = [
        f"--edge\r\nContent-Disposition: form-data{shown}\r\n\r\n{content}\r\n"
        for shown, content in parts
    ]
    headers = {"Content-Type": "multipart/form-data; boundary=edge"}
    return {"content": "".join(shown) + "--edge--\r\n", "headers": headers}


NOTES = ('; name="file"; filename="notes.txt"', "Water the plants.")
FORMS: dict[str, tuple[dict[str, Any], int]] = {
    "a file": (form_of(NOTES), 201),
    "an empty field": (form_of(NOTES, ('; name="task_id"', "")), 201),
    "a name in another form": (
        form_of(("; name=\"file\"; filename*=UTF-8''n%C3%A4her.txt", "Near.")),
        201,
    ),
    "a name that is none": (form_of(('; name="file"; filename="/"', "Here.")), 201),
    "nothing": (form_of(), 422),
    "an empty file": (form_of(('; name="file"; filename="notes.txt"', "")), 422),
    "text in place of a file": (form_of(('; name="file"', "Water the plants.")), 422),
    "a field too many": (form_of(NOTES, ('; name="colour"', "red")), 422),
    "two files": (form_of(NOTES, NOTES), 422),
    "no id": (form_of(NOTES, ('; name="task_id"', "7")), 422),
    "a task that is not there": (
        form_of(NOTES, ('; name="task_id"', "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e04")),
        422,
    ),
    "a part without a name": (form_of(("", "Water the plants.")), 400),
    "no edge": ({"content": "x", "headers": {"Content-Type": "multipart/form-data"}}, 400),
    "JSON": ({"json": {"file": "notes.txt"}}, 422),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
async def test_both_ways_take_the_same_forms(
    member: Person, form: tuple[dict[str, Any], int]
) -> None:
    request, status = form
    changing = {"id", "created_at", "updated_at", "request_id"}

    async def upload() -> tuple[Any, ...]:
        answer = await member.request("POST", "/files", **request)
        told = {name: value for name, value in answer.json().items() if name not in changing}
        etag, kind = (answer.headers.get(name) for name in ("etag", "content-type"))
        return answer.status_code, etag, kind, list(told.items())

    fast = await upload()
    with fastapis_own_way(member.client):
        slow = await upload()

    assert fast == slow
    assert fast[0] == status


URLENCODED = {"Content-Type": "application/x-www-form-urlencoded"}
SIGN_INS: dict[str, tuple[dict[str, Any], int]] = {
    "what is needed": ({"data": {"username": "EMAIL", "password": PASSWORD}}, 200),
    "more than that": (
        {"data": {"username": "EMAIL", "password": PASSWORD, "scope": "", "client_id": "x"}},
        200,
    ),
    "a charset": (
        {
            "content": f"username=EMAIL&password={quote(PASSWORD)}",
            "headers": {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
        },
        200,
    ),
    "another kind of form": (
        form_of(('; name="username"', "EMAIL"), ('; name="password"', PASSWORD)),
        200,
    ),
    "another password": ({"data": {"username": "EMAIL", "password": "another"}}, 401),
    "no password": ({"data": {"username": "EMAIL"}}, 422),
    "an empty password": ({"data": {"username": "EMAIL", "password": ""}}, 422),
    "two passwords": ({"data": {"username": "EMAIL", "password": ["one", "two"]}}, 422),
    "another grant": (
        {"data": {"username": "EMAIL", "password": PASSWORD, "grant_type": "implicit"}},
        422,
    ),
    "no text": ({"content": b"username=EMAIL&password=%FF", "headers": URLENCODED}, 401),
    "a file": (form_of(NOTES), 422),
    "JSON": ({"json": {"username": "EMAIL", "password": PASSWORD}}, 422),
    "nothing": ({"headers": URLENCODED}, 422),
}


@pytest.mark.parametrize("form", SIGN_INS.values(), ids=SIGN_INS)
async def test_both_ways_take_the_same_sign_ins(
    member: Person, form: tuple[dict[str, Any], int]
) -> None:
    request, status = form
    own = repr(request).replace("EMAIL", member.user.email)

    async def sign_in() -> tuple[Any, ...]:
        answer = await member.client.post("/api/v1/auth/token", **literal_eval(own))
        told = {name: str(value) for name, value in answer.json().items() if name != "request_id"}
        kept = {} if answer.is_success else told
        return answer.status_code, answer.headers["content-type"], list(told), kept

    fast = await sign_in()
    with fastapis_own_way(member.client):
        slow = await sign_in()

    assert fast == slow
    assert fast[0] == status


async def test_a_body_of_unknown_length_is_taken(member: Person) -> None:
    async def pieces() -> Any:
        yield b'{"title": "Water the plants",'
        yield b' "priority": "high"}'

    answer = await member.request("POST", "/tasks", content=pieces(), headers=JSON)

    assert answer.status_code == 201


def test_every_route_is_planned_but_those_that_need_all_of_fastapi(
    worker_client: httpx2.AsyncClient,
) -> None:
    index = index_of(app_of(worker_client))

    unplanned = {each.route.name for each in index if each.plan is None}

    assert unplanned == FASTAPIS_OWN, (
        f"FastAPI {fastapi.__version__} describes routes otherwise than `api/fast_path` reads them:"
        " their answers are still right, but take FastAPI's own way, which costs three times as"
        " much. Compare `fastapi/routing.py` and `fastapi/dependencies/models.py` of both versions,"
        " and mend `api/fast_path/planning.py`."
    )


def test_a_route_is_found_with_few_looks(worker_client: httpx2.AsyncClient) -> None:
    index = index_of(app_of(worker_client))

    assert 0 < index.max_looks <= MAX_LOOKS


@pytest.mark.parametrize("first", ["/things/first", "/things/{name}"])
def test_the_first_route_with_the_path_wins_as_it_does_for_fastapi(first: str) -> None:
    router = APIRouter(prefix="/v1", route_class=CheckedRoute)
    for path in (first, "/things/{name}", "/things/first"):
        router.get(path)(read_nothing)
    index = RouteIndex(iter_route_contexts(app_with(router).routes), "/v1")

    found = index.find({"method": "GET", "path": "/v1/things/first"})

    assert found is not None
    assert found[0].context.path == f"/v1{first}"


@pytest.mark.parametrize("path", ["/v1/things", "/v1/things/", "/v1/things/a/b", "/v2/things/a"])
def test_other_paths_are_left_to_fastapi(path: str) -> None:
    router = APIRouter(prefix="/v1", route_class=CheckedRoute)
    router.get("/things/{name}")(read_nothing)
    index = RouteIndex(iter_route_contexts(app_with(router).routes), "/v1")

    assert index.find({"method": "GET", "path": path}) is None


async def read_nothing() -> None: ...


async def _generator() -> Any:
    yield 1


def _in_a_thread() -> int:
    return 1


async def with_generator(value: Annotated[int, Depends(_generator)]) -> None: ...
async def with_thread(value: Annotated[int, Depends(_in_a_thread)]) -> None: ...
async def with_cookie(value: Annotated[str, Cookie()]) -> None: ...
async def with_form(value: Annotated[str, Form()]) -> None: ...
async def with_background(tasks: BackgroundTasks) -> None: ...
async def with_two_bodies(one: OneBody, two: OneBody) -> None: ...
async def with_optional_body(one: Annotated[dict[str, int] | None, Body()] = None) -> None: ...
async def with_embedded_body(one: Annotated[dict[str, int], Body(embed=True)]) -> None: ...
async def with_list(values: Annotated[list[int], Query()]) -> None: ...
async def with_list_of_headers(values: Annotated[list[str], Header()]) -> None: ...
def not_async() -> None: ...


@pytest.mark.parametrize(
    "endpoint",
    [
        with_generator,
        with_thread,
        with_cookie,
        with_form,
        with_background,
        with_two_bodies,
        with_optional_body,
        with_embedded_body,
        with_list,
        with_list_of_headers,
        not_async,
    ],
)
def test_what_a_plan_does_not_know_is_left_to_fastapi(endpoint: Any) -> None:
    router = APIRouter(prefix="/v1", route_class=CheckedRoute)
    router.post("/things")(endpoint)

    assert planned(router).plan is None


@pytest.mark.parametrize(
    "option",
    [
        {"response_model_exclude_unset": True},
        {"response_model_exclude": {"title"}},
        {"response_model_by_alias": False},
        {"response_class": fastapi.responses.PlainTextResponse},
    ],
    ids=short_id,
)
def test_answers_of_a_shape_of_their_own_are_left_to_fastapi(option: dict[str, Any]) -> None:
    router = APIRouter(prefix="/v1", route_class=CheckedRoute)

    @router.get("/things", **option)
    async def read() -> dict[str, int]:
        return {}

    assert planned(router).plan is None


def app_with(router: APIRouter) -> FastAPI:
    app = FastAPI()
    app.include_router(router)
    return app


def planned(router: APIRouter) -> IndexedRoute:
    [route] = RouteIndex(iter_route_contexts(app_with(router).routes), "/v1")
    return route
