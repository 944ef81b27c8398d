"""How deliveries go out whatever receivers do, and where they may not go."""

import asyncio
import socket
import ssl
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from backend.core.config import WebhookSettings
from backend.core.outgoing_addresses import OutgoingAddresses
from backend.integrations.webhooks.http_poster import HttpPoster
from backend.services.webhooks.protocols import NotReachedError
from tests.fixtures.certificates import write_certificate
from tests.fixtures.http_server import Reply, until
from tests.fixtures.receiver import Receiver, status
from tests.fixtures.waiting import SECONDS

LOOPBACK = ["127.0.0.0/8"]
MEGABYTE = b"x" * 1_000_000


def make_poster(networks: list[str], **fields: Any) -> HttpPoster:
    settings = WebhookSettings(allowed_networks=networks, **fields)
    return HttpPoster(settings, OutgoingAddresses(networks))


@pytest.fixture
async def poster() -> AsyncIterator[HttpPoster]:
    made = make_poster(LOOPBACK)
    yield made
    await made.close()


@pytest.fixture
async def guarded() -> AsyncIterator[HttpPoster]:
    """As without settings: public addresses alone."""
    made = make_poster([])
    yield made
    await made.close()


async def test_the_answer_is_returned(poster: HttpPoster, receiver: Receiver) -> None:
    receiver.answers.append(status(202, b"Th\xffanks \x00"))

    answer = await poster.post(f"{receiver.url}/hook?a=b", {"webhook-id": "1"}, '{"a": "é"}')

    assert answer == (202, "Th\ufffdanks \ufffd")
    (request,) = receiver.requests
    assert (request.method, request.path, request.body) == ("POST", "/hook?a=b", {"a": "é"})
    assert request.headers["webhook-id"] == "1"
    assert request.headers["content-type"] == "application/json"


async def test_a_redirect_is_not_followed(poster: HttpPoster, receiver: Receiver) -> None:
    receiver.answers.append(status(307, location=f"{receiver.url}/elsewhere"))

    answer = await poster.post(f"{receiver.url}/", {}, "{}")

    assert answer.status == 307
    assert len(receiver.requests) == 1


async def test_a_receiver_that_hangs_is_left(receiver: Receiver) -> None:
    poster = make_poster(LOOPBACK, timeout_seconds=0.1)

    async def hang(_reply: Reply) -> None:
        await asyncio.Event().wait()

    receiver.always = hang
    with pytest.raises(NotReachedError, match=r"longer than 0\.1 seconds"):
        await poster.post(receiver.url, {}, "{}")

    await until(lambda: receiver.left == 1)
    await poster.close()


async def test_a_receiver_that_drips_is_left(receiver: Receiver) -> None:
    poster = make_poster(LOOPBACK, timeout_seconds=0.3)

    async def drip(reply: Reply) -> None:
        await reply.begin("text/plain")
        while True:
            await reply.piece(b".")
            await asyncio.sleep(0.01)

    receiver.always = drip
    with pytest.raises(NotReachedError, match="longer than"):
        await poster.post(receiver.url, {}, "{}")

    await until(lambda: receiver.left == 1)
    await poster.close()


async def test_of_a_long_answer_only_the_beginning_is_read(
    poster: HttpPoster, receiver: Receiver
) -> None:
    sent: list[int] = []

    async def flood(reply: Reply) -> None:
        await reply.begin("text/plain")
        for number in range(10):
            await reply.piece(MEGABYTE)
            sent.append(number)

    receiver.always = flood
    answer = await poster.post(receiver.url, {}, "{}")

    assert answer == (200, "x" * 1_000)
    await poster.close()
    assert len(sent) < 10


async def test_a_broken_connection_is_told(poster: HttpPoster, receiver: Receiver) -> None:
    async def reset(_reply: Reply) -> None:
        """Close without an answer."""

    receiver.answers.append(reset)

    with pytest.raises(NotReachedError, match="could not be reached"):
        await poster.post(receiver.url, {}, "{}")


async def test_where_nobody_listens_is_told(poster: HttpPoster) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(NotReachedError, match="could not be reached"):
            await poster.post(f"http://127.0.0.1:{bound.getsockname()[1]}", {}, "{}")


async def test_a_name_that_is_none_is_told(guarded: HttpPoster) -> None:
    with pytest.raises(NotReachedError, match="can't be resolved"):
        await guarded.post("https://nowhere.invalid/", {}, "{}")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "2130706433"]
)
async def test_private_addresses_are_refused(guarded: HttpPoster, host: str) -> None:
    for scheme in ("https", "http"):
        with pytest.raises(NotReachedError, match="may not reach"):
            await guarded.post(f"{scheme}://{host}/", {}, "{}")


async def test_without_tls_only_networks_of_ones_own_are_reached(poster: HttpPoster) -> None:
    with pytest.raises(NotReachedError, match=r"93\.184\.215\.14, which webhooks may not reach"):
        await poster.post("http://93.184.215.14/", {}, "{}")


async def answer_with_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
    writer.close()


@pytest.mark.parametrize("is_known", [False, True], ids=["unknown", "known"])
async def test_the_certificate_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_known: bool
) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    write_certificate(certificate, key)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    if is_known:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    poster = make_poster(LOOPBACK)
    async with await asyncio.start_server(answer_with_tls, "127.0.0.1", 0, ssl=tls) as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        if is_known:
            assert (await poster.post(url, {}, "{}")).status == 204
        else:
            with pytest.raises(NotReachedError, match="certificate verify failed"):
                await poster.post(url, {}, "{}")
        await poster.close()


class Names:
    """What names lead to, and how often that was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked = 0
        self.addresses: list[str] = []
        monkeypatch.setattr(socket, "getaddrinfo", self._look_up)

    def _look_up(self, _host: str, port: int, *_rest: Any, **_more: Any) -> list[Any]:
        self.asked += 1
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in self.addresses
        ]


async def test_a_name_with_one_private_address_is_refused(
    guarded: HttpPoster, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    Names(monkeypatch).addresses = ["93.184.215.14", "127.0.0.1"]

    with pytest.raises(NotReachedError, match=r"leads to 127\.0\.0\.1"):
        await guarded.post(f"https://both.example.com:{receiver.port}/", {}, "{}")

    assert receiver.requests == []


async def test_a_name_is_resolved_once_and_connected_to_as_checked(
    poster: HttpPoster, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names(monkeypatch)
    names.addresses = ["127.0.0.1"]

    answer = await poster.post(f"http://hooks.example.com:{receiver.port}/", {}, "{}")

    assert answer.status == 204
    assert receiver.requests[0].headers["host"] == f"hooks.example.com:{receiver.port}"
    assert names.asked == 1


class SilentNames:
    """Names whose servers do not answer, except for one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answered: str) -> None:
        self.asked: list[str] = []
        self.given_up = threading.Event()
        self._answered = answered
        monkeypatch.setattr(socket, "getaddrinfo", self._look_up)

    def _look_up(self, host: str, port: int, *_rest: Any, **_more: Any) -> list[Any]:
        self.asked.append(host)
        if host == self._answered:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        self.given_up.wait(SECONDS)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


async def test_names_that_nobody_answers_hold_up_nothing_else(
    poster: HttpPoster, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = SilentNames(monkeypatch, answered="hooks.example.com")
    silent = [f"http://silent{number}.example.com/" for number in range(40)]
    waiting = [asyncio.ensure_future(poster.post(url, {}, "{}")) for url in silent]
    await until(lambda: len(names.asked) == len(silent))

    async with asyncio.timeout(SECONDS / 2):
        answer = await poster.post(f"http://hooks.example.com:{receiver.port}/", {}, "{}")
        await asyncio.to_thread(names.given_up.set)

    assert answer.status == 204
    for each in waiting:
        with pytest.raises(NotReachedError, match="Temporary failure in name resolution"):
            await each


async def test_a_name_is_looked_up_once_for_all_who_wait_for_it(
    poster: HttpPoster, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = SilentNames(monkeypatch, answered="")
    posts = [poster.post("http://silent.example.com/", {}, "{}") for _ in range(8)]
    first, *others = map(asyncio.ensure_future, posts)
    await until(lambda: names.asked == ["silent.example.com"])

    first.cancel()
    names.given_up.set()

    for each in others:
        with pytest.raises(NotReachedError, match="Temporary failure"):
            await each
    assert names.asked == ["silent.example.com"]


async def test_another_address_is_tried_if_one_does_not_answer(
    poster: HttpPoster, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    Names(monkeypatch).addresses = ["127.0.0.9", "127.0.0.1"]

    answer = await poster.post(f"http://hooks.example.com:{receiver.port}/", {}, "{}")

    assert answer.status == 204
