#!/usr/bin/env bash
# Each request through a pool of httpcore2 asks the operating system about every idle connection.
#
# A pool keeps connections so that requests get cheaper. Before it assigns one, and again when the
# answer has been read, it asks of each connection that is idle, to whichever host, whether its
# socket has become readable: a system call each. So in a pool without a bound, what a request costs
# grows with the number of *other* hosts that were talked to lately, by 2 x N calls beside N idle
# connections. With the default bound (10) it does not, and the connections are thrown away instead.
# Whoever talks to many hosts (webhooks, crawlers, proxies) does better with a pool for each.
set -euo pipefail
folder=$(mktemp --directory)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check httpcore2==2.16.2 anyio==4.16.0

cat >ask.py <<'PY'
import asyncio
from importlib.metadata import version

import httpcore2

asked = 0


class Counted(httpcore2.AsyncNetworkStream):
    """The stream of the library, which counts the question."""

    def __init__(self, stream):
        self.stream = stream

    async def read(self, max_bytes, timeout=None):
        return await self.stream.read(max_bytes, timeout)

    async def write(self, buffer, timeout=None):
        await self.stream.write(buffer, timeout)

    async def aclose(self):
        await self.stream.aclose()

    def get_extra_info(self, info):
        global asked
        asked += info == "is_readable"
        return self.stream.get_extra_info(info)


class Backend(httpcore2.AnyIOBackend):
    async def connect_tcp(self, *given, **options):
        return Counted(await super().connect_tcp(*given, **options))


async def serve(reader, writer):
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
    except asyncio.IncompleteReadError:
        pass
    writer.close()


async def questions(pool, port):
    global asked
    asked = 0
    await pool.request("GET", f"http://127.0.0.1:{port}/")
    return asked


async def main():
    print("httpcore2", version("httpcore2"))
    server = await asyncio.start_server(serve, "0.0.0.0", 0)
    port = server.sockets[0].getsockname()[1]
    for bound in (None, 10):
        options = {"network_backend": Backend(), "max_connections": bound}
        async with httpcore2.AsyncConnectionPool(**options) as pool:
            await questions(pool, port)
            print(f"bound {bound}, alone:", await questions(pool, port))
            for others in (10, 100):
                for number in range(2, 2 + others):
                    await pool.request("GET", f"http://127.0.0.{number}:{port}/")
                await questions(pool, port)
                found = await questions(pool, port)
                print(f"bound {bound}, beside {others} idle connections to others:", found)
    await asyncio.sleep(0.1)
    server.close()
    await server.wait_closed()


asyncio.run(main())
PY

venv/bin/python ask.py | tee seen.txt
diff seen.txt - <<'SEEN'
httpcore2 2.16.2
bound None, alone: 2
bound None, beside 10 idle connections to others: 22
bound None, beside 100 idle connections to others: 202
bound 10, alone: 2
bound 10, beside 10 idle connections to others: 20
bound 10, beside 100 idle connections to others: 20
SEEN
