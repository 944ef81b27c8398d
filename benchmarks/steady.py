"""Load at a given rate, whether answers are late or not: what people feel of a server."""

import asyncio
import time
from urllib.parse import urlsplit

from benchmarks.cases import Case


async def p99_at(url: str, case: Case, per_second: float, seconds: float) -> float:
    """The 99th of 100 latencies in milliseconds, each from when the request was due."""
    clients = [_Client(url, case) for _ in range(_CLIENTS)]
    free: asyncio.Queue[_Client] = asyncio.Queue()
    for client in clients:
        await client.connect()
        free.put_nowait(client)
    latencies: list[float] = []

    async def send(due: float) -> None:
        client = await free.get()
        await client.send()
        latencies.append((time.perf_counter() - due) * 1000)
        free.put_nowait(client)

    begun = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(int(per_second * seconds)):
            due = begun + number / per_second
            await asyncio.sleep(max(0, due - time.perf_counter()))
            group.create_task(send(due))
    for client in clients:
        client.close()
    return sorted(latencies)[int(len(latencies) * 0.99)]


_CLIENTS = 32


class _Client:
    """One connection, as thin as can be: it shares the processors with the server."""

    def __init__(self, url: str, case: Case) -> None:
        self._address = urlsplit(url)
        lines = [f"{case.method} {case.path} HTTP/1.1", f"Host: {self._address.netloc}"]
        lines += [f"{name}: {value}" for name, value in case.headers.items()]
        self._request = "\r\n".join([*lines, "", ""]).encode()

    async def connect(self) -> None:
        host, port = self._address.hostname, self._address.port
        self._reader, self._writer = await asyncio.open_connection(host, port, limit=2**20)

    async def send(self) -> None:
        self._writer.write(self._request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        if not head.startswith(b"http/1.1 200"):
            raise RuntimeError(head.decode())
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        await self._reader.readexactly(length)

    def close(self) -> None:
        self._writer.close()
