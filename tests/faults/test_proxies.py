"""The API behind the proxies that people use, with the configuration that `deploy/` gives them."""

import http.client
import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, NamedTuple
from uuid import uuid4

import httpx2
import pytest

from backend.seeds.users import MANAGER, MEMBER
from tests.faults.proxies import PROXIES, Proxy, running_proxy
from tests.fixtures.postgres import cloned_database
from tests.fixtures.processes import SEED_PASSWORD, START_SECONDS, Server, starting_servers

ORIGIN = "https://app.example.com"
STREAM = "/api/v1/stream"
MEGABYTE = 1024 * 1024
GZIP = {"Accept-Encoding": "gzip"}


@pytest.fixture(scope="module")
def server(
    server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """With jobs, which make the notifications."""
    folder = tmp_path_factory.mktemp("server")
    settings = {"FILES_URL": (folder / "files").as_uri(), "CORS_ORIGINS": ORIGIN}
    with cloned_database(server_url, template) as url, starting_servers(folder) as start:
        yield start(DATABASE_URL=url, SEED_ON_START="true", **settings)


@pytest.fixture(scope="module", params=PROXIES)
def proxy(
    request: pytest.FixtureRequest, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp(request.param)
    folder.chmod(0o755)
    with running_proxy(request.param, server, folder) as proxy:
        yield proxy


def sign_in(client: httpx2.Client, email: str = MEMBER.email) -> httpx2.Client:
    """The client, which from now on sends the token of a seeded user."""
    form = {"username": email, "password": SEED_PASSWORD}
    tokens = client.post("/api/v1/auth/token", data=form).raise_for_status().json()
    client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    return client


@pytest.fixture
def member(proxy: Proxy) -> Iterator[httpx2.Client]:
    with proxy.client() as client:
        yield sign_in(client)


def test_a_row_is_created_read_and_deleted(member: httpx2.Client) -> None:
    created = member.post("/api/v1/customers", json={"name": "Grace Hopper"})
    # As the program said, whatever the request called the host.
    assert created.headers["Location"] == f"/api/v1/customers/{created.json()['id']}"

    assert member.get(created.headers["Location"]).json() == created.json()
    assert member.get("/api/v1/customers/").status_code == 200
    assert member.head("/api/v1/customers").status_code == 200
    assert member.get("/api/v1/customers/x").json()["type"] == "/problems/invalid-input"


def test_a_large_file_goes_up_and_comes_down_whole_and_in_part(member: httpx2.Client) -> None:
    content = b"%PDF-1.7\n" + os.urandom(12 * MEGABYTE)
    file = member.post("/api/v1/files", files={"file": ("a.pdf", content)}).raise_for_status()
    path = f"/api/v1/files/{file.json()['id']}/content"

    whole = member.get(path)
    part = member.get(path, headers={"Range": "bytes=1000000-1000009"})
    same = member.get(path, headers={"If-None-Match": whole.headers["ETag"]})

    assert whole.content == content
    assert int(whole.headers["Content-Length"]) == len(content)
    assert (part.status_code, part.content) == (206, content[1_000_000:1_000_010])
    assert part.headers["Content-Range"] == f"bytes 1000000-1000009/{len(content)}"
    assert (same.status_code, same.content) == (304, b"")


def test_what_was_compressed_on_the_way_is_changed_by_its_etag(member: httpx2.Client) -> None:
    task = {"title": "Compressed", "description": "many words " * 200}
    path = member.post("/api/v1/tasks", json=task).headers["Location"]
    read = member.get(path, headers=GZIP)
    etag = read.headers["ETag"]

    same = member.get(path, headers=GZIP | {"If-None-Match": etag})
    changed = member.patch(path, json={"title": "Changed"}, headers=GZIP | {"If-Match": etag})
    late = member.patch(path, json={"title": "Late"}, headers=GZIP | {"If-Match": etag})

    assert same.status_code == 304
    assert changed.json()["title"] == "Changed"
    assert late.status_code == 412
    assert "has changed since" in late.json()["detail"]


def test_proxies_that_can_do_so_compress_json(proxy: Proxy, member: httpx2.Client) -> None:
    read = member.get("/api/v1/tasks?limit=200", headers=GZIP)

    # nginx would make the ETags of other answers useless.
    compressed = None if proxy.name == "nginx" else "gzip"
    assert read.headers.get("Content-Encoding") == compressed
    assert read.json()["items"]


def test_what_the_program_has_compressed_is_passed_on(member: httpx2.Client) -> None:
    read = member.get("/openapi.json", headers=GZIP)
    same = member.get("/openapi.json", headers=GZIP | {"If-None-Match": read.headers["ETag"]})

    assert read.headers["Content-Encoding"] == "gzip"
    assert read.json()["openapi"]
    assert same.status_code == 304


def test_events_arrive_one_by_one(proxy: Proxy, member: httpx2.Client) -> None:
    me = member.get("/api/v1/users/me").json()["id"]

    def assign(title: str) -> None:
        with proxy.client() as client:
            sign_in(client, MANAGER.email)
            task = {"title": title, "assignee_id": me}
            client.post("/api/v1/tasks", json=task).raise_for_status()

    titles = [f"{number} {uuid4()}" for number in range(3)]
    seen: list[str] = []
    headers = GZIP | {"Accept": "text/event-stream"}
    with member.stream("GET", "/api/v1/notifications/stream", headers=headers) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        for title in titles:
            # The next one is only made when this one is here: nothing may wait for more.
            worker = threading.Thread(target=assign, args=(title,))
            worker.start()
            seen.append(_next_notification(lines)["text"])
            worker.join()

    assert [title for title in titles if any(title in text for text in seen)] == titles


@contextmanager
def curl(proxy: Proxy, member: httpx2.Client, path: str, *options: str) -> Iterator[Iterator[str]]:
    """The lines of an answer as they arrive, with its head, over HTTP/2 if the proxy speaks it."""
    command = ["curl", "--http2", "--silent", "--no-buffer", "--include", *options]
    command += ["--cacert", str(proxy.certificate), "--max-time", str(START_SECONDS)]
    command += ["--header", f"Authorization: {member.headers['Authorization']}"]
    with subprocess.Popen(
        [*command, proxy.url + path], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield (line.rstrip("\r\n") for line in process.stdout)
        process.kill()


class Event(NamedTuple):
    """Of a stream, or a comment that keeps it open: that has no name."""

    name: str
    event_id: str
    data: Any


def _events(lines: Iterator[str]) -> Iterator[Event]:
    """Only whole ones, as browsers have them."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "data" in fields or "" in fields:
            data = json.loads(fields.get("data", "null"))
            yield Event(fields.get("event", ""), fields.get("id", ""), data)
            fields = {}


@pytest.fixture
def assign(server: Server) -> Callable[[str], None]:
    """Have the member be notified, past the proxy."""
    me = server.get("/api/v1/users/me", server.sign_in()).json()["id"]
    manager = server.sign_in(MANAGER.email)

    def notify(title: str) -> None:
        task = {"title": title, "assignee_id": me}
        server.post("/api/v1/tasks", json=task, headers=manager).raise_for_status()

    return notify


def test_one_stream_arrives_event_by_event_and_is_kept_open(
    proxy: Proxy, member: httpx2.Client, assign: Callable[[str], None]
) -> None:
    report = {"kind": "report", "inputs": {"report": "leads_pipeline"}}
    execution = member.post("/api/v1/executions", json=report).raise_for_status().json()["id"]
    path = f"{STREAM}?notifications=true&execution={execution}"
    titles = [f"{number} {uuid4()}" for number in range(3)]
    with curl(proxy, member, path, "--compressed") as lines:
        assert next(lines).split()[0] == ("HTTP/1.1" if proxy.name == "apache2" else "HTTP/2")
        events = _events(lines)
        assert next(each for each in events if each.name).name == "start"
        state = (each.data["status"] for each in events if each.name == "execution")
        assert next(status for status in state if status == "completed")
        for title in titles:
            # The next one is only made when this one is here: nothing may wait for more.
            assign(title)
            assert next(each for each in events if title in str(each.data))
        # Where nothing happens, what keeps it open passes as it comes.
        assert next(each for each in events if not each.name)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_after_a_restart_of_the_proxy_the_stream_goes_on_where_it_was(
    proxy: Proxy, member: httpx2.Client, assign: Callable[[str], None], how: signal.Signals
) -> None:
    titles = [f"{number} {uuid4()}" for number in range(4)]
    path = f"{STREAM}?notifications=true"
    with curl(proxy, member, path) as lines:
        events = _events(lines)
        told = [next(each for each in events if each.name)]
        assign(titles[0])
        told.append(next(each for each in events if each.name == "notification"))
        assign(titles[1])
        proxy.restart(how)
        # What was on its way may have come, or been lost with the proxy.
        told += [each for each in events if each.name]
    assign(titles[2])

    with curl(proxy, member, path, "--header", f"Last-Event-ID: {told[-1].event_id}") as lines:
        assign(titles[3])
        for event in _events(lines):
            told.append(event)
            if set(_told_of(told, titles)) == set(titles):
                break

    # Jobs that run at once may end in another order.
    assert sorted(_told_of(told, titles)) == titles


def _told_of(told: Sequence[Event], titles: Sequence[str]) -> list[str]:
    """Return the titles that stand in notifications, each as often as it does."""
    texts = [each.data["text"] for each in told if each.name == "notification"]
    return [title for text in texts for title in titles if title in text]


def _next_notification(lines: Iterator[str]) -> Any:
    line = next(line for line in lines if line.startswith("data: "))
    return json.loads(line.removeprefix("data: "))


def test_the_program_sees_the_address_of_the_client(proxy: Proxy) -> None:
    with proxy.client("127.0.0.7") as client:
        client.headers["X-Forwarded-For"] = "203.0.113.9"
        sign_in(client)
        sessions = client.get("/api/v1/auth/sessions").json()["items"]

    addresses = {session["address"] for session in sessions}
    assert "127.0.0.7" in addresses
    assert "203.0.113.9" not in addresses


def test_a_browser_on_another_origin_gets_through(member: httpx2.Client) -> None:
    asked = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization,last-event-id,traceparent",
    }
    preflight = member.options("/api/v1/notifications/stream", headers=asked)
    read = member.get("/api/v1/customers", headers={"Origin": ORIGIN})

    assert preflight.status_code == 200
    assert "last-event-id" in preflight.headers["Access-Control-Allow-Headers"]
    assert read.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_no_redirect_goes_where_a_client_says(proxy: Proxy) -> None:
    for path in ("/", "/api/v1/tasks/", "/docs"):
        for port, encrypted in ((proxy.port, True), (proxy.plain_port, False)):
            headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
            status, told = _ask(proxy, port, path, headers, encrypted=encrypted)
            # Caddy serves no other name, and sends nobody from another port to one.
            assert status < 500
            assert proxy.name == "caddy" or "evil.example" not in told


def _ask(
    proxy: Proxy, port: int, path: str, headers: dict[str, str], *, encrypted: bool
) -> tuple[int, str]:
    client = (
        http.client.HTTPSConnection("127.0.0.1", port, context=proxy.context())
        if encrypted
        else http.client.HTTPConnection("127.0.0.1", port)
    )
    client.timeout = START_SECONDS
    with closing(client):
        client.request("GET", path, headers=headers)
        answer = client.getresponse()
        return answer.status, answer.getheader("Location", "")


def test_large_headers_pass_and_enormous_ones_do_not(member: httpx2.Client) -> None:
    large = member.get("/api/v1/users/me", headers={"X-Large": "x" * 8_000})
    enormous = member.get("/api/v1/users/me", headers={"X-Large": "x" * 2_000_000})

    assert large.status_code == 200
    assert 400 <= enormous.status_code < 500


def test_a_body_that_the_program_refuses_gets_its_answer(member: httpx2.Client) -> None:
    answer = member.post("/api/v1/tasks", json={"title": "x" * 3 * MEGABYTE})

    assert answer.status_code == 413
    assert answer.json()["type"] == "/problems/content-too-large"


def test_an_upload_of_a_stranger_gets_its_answer(proxy: Proxy) -> None:
    with proxy.client() as client:
        answer = client.post("/api/v1/files", files={"file": ("a", bytes(8 * MEGABYTE))})

    assert answer.status_code == 401
    assert answer.json()["type"] == "/problems/not-authenticated"


def test_a_file_that_is_larger_than_allowed_is_refused(member: httpx2.Client) -> None:
    """At the latest by the proxy, which need not read all of it."""

    def pieces() -> Iterator[bytes]:
        for _ in range(110):
            yield bytes(MEGABYTE)

    headers = {
        "Content-Type": "multipart/form-data; boundary=b",
        "Content-Length": str(110 * MEGABYTE),
    }
    answer = member.post("/api/v1/files", content=pieces(), headers=headers)

    assert answer.status_code == 413


def test_metrics_are_not_for_everybody(member: httpx2.Client) -> None:
    assert member.get("/metrics").status_code == 404
    assert member.get("/health/ready").status_code == 200


def test_the_documentation_works(member: httpx2.Client) -> None:
    page = member.get("/docs")
    script = member.get("/docs/own/docs.js", headers=GZIP)

    assert page.status_code == script.status_code == 200
    assert member.get("/openapi.json").json()["servers"] == [{"url": "/"}]
