"""What holds for every answer: problems, ids, headers, limits."""

import json
from collections.abc import AsyncIterator

import httpx2
import psycopg
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import DataError

from backend.core.config import Settings
from backend.main import create_app
from tests.fixtures.application import client_of, make_settings, running_app
from tests.fixtures.people import Person

PROBLEM = {"type", "title", "status", "detail", "instance", "request_id", "errors"}


@pytest.fixture
async def failing(settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the application with one more route, which has a mistake in it."""
    app: FastAPI = create_app(settings)

    @app.get("/mistake")
    async def mistake() -> None:
        raise ZeroDivisionError("a detail that nobody outside should see")

    @app.get("/out-of-range")
    async def out_of_range() -> None:
        raise DataError("SELECT 1", None, ValueError("integer out of range"))

    async with client_of(app) as client:
        yield client


async def test_a_value_that_the_database_can_not_hold_is_a_bad_request(
    failing: httpx2.AsyncClient,
) -> None:
    answer = await failing.get("/out-of-range")

    assert (answer.status_code, answer.json()["detail"]) == (400, "A value is out of range.")


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/nowhere", 404, "not-found"),
        ("GET", "/api/v1/nowhere", 404, "not-found"),
        ("PUT", "/api/v1/tasks", 405, "method-not-allowed"),
        ("GET", "/api/v1/tasks", 401, "not-authenticated"),
        ("POST", "/api/v1/auth/token", 422, "invalid-input"),
    ],
)
async def test_every_error_is_a_problem(
    client: httpx2.AsyncClient, method: str, path: str, status: int, slug: str
) -> None:
    answer = await client.request(method, path)

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) == PROBLEM
    assert problem["type"] == f"/problems/{slug}"
    assert problem["status"] == status
    assert problem["instance"] == path
    assert problem["request_id"] == answer.headers["X-Request-ID"]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/v1/auth/token", "POST"),
        ("/api/v1/tasks", "GET, HEAD, POST"),
        ("/api/v1/tasks/1", "DELETE, GET, HEAD, PATCH"),
    ],
)
async def test_405_lists_all_methods_of_the_path(
    client: httpx2.AsyncClient, path: str, allowed: str
) -> None:
    answer = await client.put(path)

    assert answer.headers["Allow"] == allowed


async def test_the_type_of_a_problem_leads_to_an_explanation(client: httpx2.AsyncClient) -> None:
    kind = (await client.get("/nowhere")).json()["type"]

    page = await client.get(kind)
    assert page.status_code == 200
    assert "Not found" in page.text
    assert (await client.get("/problems/unheard-of")).status_code == 404


async def test_a_mistake_of_ours_is_a_500_that_tells_nothing(
    failing: httpx2.AsyncClient,
) -> None:
    answer = await failing.get("/mistake")

    assert answer.status_code == 500
    assert set(answer.json()) == PROBLEM
    assert "nobody outside" not in answer.text
    assert answer.headers["X-Request-ID"] == answer.json()["request_id"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("given", ["abc-123", "A.b_c", "x" * 64])
async def test_a_plain_request_id_is_taken_over(client: httpx2.AsyncClient, given: str) -> None:
    answer = await client.get("/health/live", headers={"X-Request-ID": given})

    assert answer.headers["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "a\tb", "<script>"])
async def test_any_other_request_id_is_replaced(client: httpx2.AsyncClient, given: str) -> None:
    answer = await client.get("/health/live", headers={"X-Request-ID": given})

    assert answer.headers["X-Request-ID"] != given
    assert len(answer.headers["X-Request-ID"]) == 32


@pytest.mark.parametrize("path", ["/api/v1/tasks", "/docs", "/nowhere", "/health/live"])
async def test_every_answer_has_the_security_headers(client: httpx2.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "Strict-Transport-Security" not in headers


async def test_production_insists_on_https(worker_database_url: str) -> None:
    production = {"environment": "production"}
    settings = make_settings(
        worker_database_url, general=production, security={"registration_enabled": False}
    )
    async with running_app(settings) as client:
        headers = (await client.get("/health/live")).headers

    assert "max-age" in headers["Strict-Transport-Security"]


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_over_the_limit_is_refused(member: Person, chunked: bool) -> None:
    content = json.dumps({"title": "x" * 1_100_000}).encode()

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 65_536):
            yield content[start : start + 65_536]

    headers = {"Content-Type": "application/json"}
    body = chunks() if chunked else content
    answer = await member.post("/tasks", content=body, headers=headers)

    assert answer.status_code == 413
    assert set(answer.json()) == PROBLEM
    assert answer.headers["X-Request-ID"]


async def test_the_general_limit_counts_per_client(worker_database_url: str) -> None:
    server = {"requests_per_minute": 3}
    app = create_app(make_settings(worker_database_url, server=server))
    async with client_of(app) as client, client_of(app, "192.0.2.1") as other:
        answers = [await client.get("/docs") for _ in range(4)]
        probe = await client.get("/health/live")
        elsewhere = await other.get("/docs")

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert set(answers[-1].json()) == PROBLEM
    assert probe.status_code == elsewhere.status_code == 200


async def test_without_a_limit_nothing_is_counted(client: httpx2.AsyncClient) -> None:
    answers = [await client.get("/health/live") for _ in range(50)]

    assert {answer.status_code for answer in answers} == {200}


async def test_a_running_process_is_alive_and_ready(client: httpx2.AsyncClient) -> None:
    for path in ("/health/live", "/health/ready"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_without_migrations_a_process_is_not_ready(server_url: str) -> None:
    async with running_app(make_settings(server_url)) as client:
        answer = await client.get("/health/ready")

    assert answer.status_code == 503
    assert "mvp migrate upgrade" in answer.json()["detail"]
    assert answer.headers["Retry-After"]


async def test_a_database_that_a_newer_version_has_migrated_is_ready(
    fresh_database_url: str,
) -> None:
    with psycopg.connect(fresh_database_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'of the next version'")

    async with running_app(make_settings(fresh_database_url)) as client:
        assert (await client.get("/health/ready")).status_code == 200


async def test_a_database_from_before_the_squashed_migrations_is_not_ready(
    fresh_database_url: str,
) -> None:
    with psycopg.connect(fresh_database_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '7b1c5e0f2a94'")

    async with running_app(make_settings(fresh_database_url)) as client:
        answer = await client.get("/health/ready")

    assert answer.status_code == 503
    assert "mvp migrate upgrade" in answer.json()["detail"]


async def test_a_database_that_takes_no_changes_now_is_asked_again_later(
    fresh_database_url: str,
) -> None:
    """As a standby, or a server without space: where changes go, the next connection may lead."""
    form = {"username": "ada@example.com", "password": "wrong"}
    with psycopg.connect(fresh_database_url, autocommit=True) as owner:
        name = owner.info.dbname
        owner.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        async with running_app(make_settings(fresh_database_url)) as client:
            refused = await client.post("/api/v1/auth/token", data=form)
            owner.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
            later = await client.post("/api/v1/auth/token", data=form)

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    assert refused.json()["detail"] == "The database takes no changes now."
    assert later.status_code == 401


async def test_a_statement_that_takes_too_long_is_told_apart(
    fresh_database_url: str,
) -> None:
    settings = make_settings(fresh_database_url, database={"statement_timeout_seconds": 1})
    form = {"username": "ada@example.com", "password": "wrong"}
    with psycopg.connect(fresh_database_url) as holder:
        holder.execute("LOCK TABLE sign_in_failures IN ACCESS EXCLUSIVE MODE")
        async with running_app(settings) as client:
            answer = await client.post("/api/v1/auth/token", data=form)

    assert (answer.status_code, answer.json()["detail"]) == (
        503,
        "The database took too long. Request less at a time, or try again later.",
    )


async def test_without_a_database_a_process_is_alive_but_not_ready() -> None:
    nowhere = make_settings("postgresql://nobody@127.0.0.1:9/nothing")
    async with running_app(nowhere) as client:
        assert (await client.get("/health/live")).status_code == 200
        ready = await client.get("/health/ready")
        sign_in = await client.post("/api/v1/auth/token", data={"username": "a", "password": "b"})

    assert (ready.status_code, ready.json()["detail"]) == (503, "database: unavailable")
    assert sign_in.status_code == 503
    assert sign_in.headers["Retry-After"] == "2"
    assert set(sign_in.json()) == PROBLEM


def metric(text: str, name: str) -> float:
    lines = [line for line in text.splitlines() if line.startswith(name)]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


async def test_metrics_count_requests_by_route_and_status(viewer: Person) -> None:
    name = 'http_requests_total{method="GET",route="/api/v1/tasks/{task_id}",status="422"}'
    before = metric((await viewer.client.get("/metrics")).text, name)

    await viewer.get("/tasks/x")
    await viewer.get("/tasks/y")

    text = (await viewer.client.get("/metrics")).text
    assert metric(text, name) - before == 2
    assert metric(text, "database_connections_open") >= 1
    timed = 'http_request_duration_seconds_count{method="GET",route="/api/v1/tasks/{task_id}"}'
    assert metric(text, timed) >= 2


async def test_paths_that_do_not_exist_are_one_series(client: httpx2.AsyncClient) -> None:
    await client.get("/nowhere/a")

    text = (await client.get("/metrics")).text
    assert "/nowhere/a" not in text
    assert 'route="unmatched"' in text


async def test_metrics_can_be_switched_off(worker_database_url: str) -> None:
    settings = make_settings(worker_database_url, server={"metrics_enabled": False})
    async with running_app(settings) as client:
        assert (await client.get("/metrics")).status_code == 404
