"""What a client may send before the application is asked, on a real socket."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from backend.api.limited_http import LimitedHttpProtocol, Limits

SECONDS = 5
SHORT = Limits(seconds=0.15, body_bytes=1_000, lingering_seconds=0.5)
LONG = Limits()
GET = b"GET /a?b=c HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /a HTTP/1.1\r\nHost: localhost\r\n"
CLOSE = b"Connection: close\r\n\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
MEGABYTE = b"x" * 1_000_000

Send = Callable[..., Any]


class App:
    """Reads whole bodies and answers how long they were, and with how many headers."""

    def __init__(self) -> None:
        self.reading = asyncio.Event()
        self.reading.set()
        self.reads = True
        self.ends: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.reading.wait()
        size, message = 0, dict[str, Any](type="", more_body=self.reads)
        while message.get("more_body"):
            message = await receive()
            size += len(message.get("body", b""))
        self.ends.append(message["type"])
        content = b"%d bytes, %d headers." % (size, len(scope["headers"]))
        headers = [(b"content-length", b"%d" % len(content))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})


@pytest.fixture
def app() -> App:
    return App()


@pytest.fixture
async def talk(app: App, request: pytest.FixtureRequest) -> AsyncIterator[Callable[..., Any]]:
    """Send pieces, with a pause between them, and answer all that comes until the end."""
    limits: Limits = getattr(request, "param", LONG)
    limited = type("Limited", (LimitedHttpProtocol,), {"limits": limits})
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
    server = await asyncio.get_running_loop().create_server(
        lambda: limited(config, ServerState(), {}), "127.0.0.1"
    )

    async def send(*pieces: bytes, pause: float = 0) -> bytes:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        try:
            async with asyncio.timeout(SECONDS):
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(pause)
                return await reader.read()
        finally:
            writer.close()

    yield send
    server.close()
    await server.wait_closed()


quickly = pytest.mark.parametrize("talk", [SHORT], indirect=True)


def fields(count: int, size: int = 1) -> bytes:
    return b"".join(b"x-%d: %b\r\n" % (number, b"y" * size) for number in range(count))


async def test_what_is_within_the_limits_is_answered(talk: Send) -> None:
    body = b"Content-Length: 200000\r\n" + fields(96) + CLOSE + b"x" * 200_000

    assert b"200000 bytes, 99 headers." in await talk(POST + body)
    assert b"0 bytes, 3 headers." in await talk(GET + fields(1, 60_000) + CLOSE)


@pytest.mark.parametrize(
    "pieces",
    [
        (GET + fields(99) + CLOSE,),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n" + CLOSE,),
        (GET + fields(1, 70_000) + CLOSE,),
        (GET + fields(70, 1_000) + CLOSE,),
        (GET, *[fields(10, 1_000)] * 20, CLOSE),
        (GET + b"x: ", *[MEGABYTE] * 10),
        (GET, MEGABYTE),
        (GET + fields(10, 10_000),),
        (CHUNKED + b"5;", *[MEGABYTE] * 10),
        (CHUNKED + b"2\r\nab\r\n0\r\n", *[fields(1_000)] * 100),
    ],
    ids=[
        "many headers",
        "a long address",
        "one large header",
        "many in one piece",
        "many in pieces",
        "a header without an end",
        "the name of a header without an end",
        "headers without an end, in one piece",
        "the extension of a chunk",
        "trailers",
    ],
)
async def test_headers_without_measure_are_refused_whenever_they_come(
    talk: Send, pieces: tuple[bytes, ...]
) -> None:
    answer = await talk(*pieces)

    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b'"type":"/problems/headers-too-large"' in answer


async def test_what_is_not_http_is_a_problem_as_well(talk: Send) -> None:
    answer = await talk(b"\x16\x03\x01 Hello\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"type":"/problems/bad-request"' in answer


async def test_trailers_do_not_become_headers(talk: Send) -> None:
    body = b"2\r\nab\r\n0\r\nAuthorization: Bearer a\r\n\r\n"

    assert b"2 bytes, 3 headers." in await talk(
        CHUNKED.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + body
    )


async def test_an_answer_that_is_due_is_not_mixed_with_a_refusal(app: App, talk: Send) -> None:
    app.reading.clear()

    answer = await talk(GET + b"\r\n", GET + fields(200) + CLOSE, pause=0.05)

    assert answer == b""


@quickly
@pytest.mark.parametrize("pieces", [[], [b"\r\n"], [b"\r\n"] * 3])
async def test_a_client_that_says_nothing_is_cut_off(talk: Send, pieces: list[bytes]) -> None:
    assert await talk(*pieces, pause=0.01) == b""


@quickly
async def test_a_client_that_says_nothing_more_is_cut_off(talk: Send) -> None:
    answer = await talk(GET + b"\r\n", b"\r\n", pause=0.05)

    assert answer.startswith(b"HTTP/1.1 200 ")


@quickly
async def test_a_body_that_was_answered_long_ago_need_not_be_sent(app: App, talk: Send) -> None:
    app.reads = False

    with pytest.raises(ConnectionError):
        await talk(POST + b"Content-Length: 90000000\r\n\r\n", *[b"x" * 20_000] * 99, pause=0.01)


@quickly
@pytest.mark.parametrize(
    "pieces", [[b"GET / HT"], [GET], [GET, *[b"a: b\r\n"] * 20]], ids=["start", "line", "drops"]
)
async def test_headers_that_come_too_slowly_are_refused(talk: Send, pieces: list[bytes]) -> None:
    answer = await talk(*pieces, pause=0.03)

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"type":"/problems/too-slow"' in answer


@quickly
async def test_the_second_request_of_a_connection_is_watched_as_well(talk: Send) -> None:
    answer = await talk(GET + b"\r\n", GET)

    assert answer.count(b"HTTP/1.1 200 ") == 1
    assert answer.count(b"HTTP/1.1 408 ") == 1


@quickly
async def test_a_body_that_hardly_comes_is_refused_and_the_application_told(
    app: App, talk: Send
) -> None:
    answer = await talk(POST + b"Content-Length: 5000\r\n\r\n", *[b"x"] * 8, pause=0.05)

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert app.ends == ["http.disconnect"]


@quickly
async def test_a_body_that_comes_steadily_may_take_its_time(talk: Send) -> None:
    head = POST + b"Content-Length: 10000\r\n" + CLOSE

    assert b"10000 bytes" in await talk(head, *[b"x" * 1_000] * 10, pause=0.06)


@quickly
async def test_a_body_that_nobody_reads_is_not_the_clients_fault(app: App, talk: Send) -> None:
    app.reading.clear()
    asyncio.get_running_loop().call_later(0.5, app.reading.set)

    assert b"300000 bytes" in await talk(
        POST + b"Content-Length: 300000\r\n" + CLOSE + b"x" * 300_000
    )


@quickly
async def test_a_client_that_goes_on_sending_is_cut_off(talk: Send) -> None:
    with pytest.raises((ConnectionError, TimeoutError)):
        await talk(GET, *[MEGABYTE] * 1_000, pause=0.01)
