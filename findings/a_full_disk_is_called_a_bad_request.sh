#!/usr/bin/env bash
# FastAPI tells a client that its upload is broken (400) when the server's disk is full.
#
# An upload over a megabyte is spooled into the temporary folder. Whatever the operating system says
# there (no space left, too many open files) is caught with the errors of the parser, and becomes
# `400 There was an error parsing the body`, without a line in the log: clients give up on a sound
# request that a retry would have saved, and nobody who looks after the server hears of it.
# A route class that reads the form itself can answer 503.
set -euo pipefail
folder=$(mktemp --directory)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
    fastapi==0.165.0 starlette==1.10.0 python-multipart==0.0.34 httpx==0.28.1

cat >app.py <<'PY'
import asyncio
import errno
import logging
import resource
import signal
import sys
import tempfile

import fastapi
import httpx

logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)
logging.getLogger("httpx").setLevel(logging.WARNING)
app = fastapi.FastAPI()


@app.post("/files")
async def take(file: fastapi.UploadFile) -> int:
    return len(await file.read())


async def upload(size: int) -> httpx.Response:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.post("/files", files={"file": ("a.bin", bytes(size))})


async def main() -> None:
    sound = await upload(3_000_000)
    print("with room:   ", sound.status_code, sound.text)

    # The file system takes no file of more than 2 MB any more, as a quota has it.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
    try:
        with tempfile.TemporaryFile() as probe:
            probe.write(bytes(3_000_000))
            probe.flush()
    except OSError as error:
        print("the system:  ", errno.errorcode[error.errno])

    print("-- the log from here:")
    refused = await upload(3_000_000)
    print("-- to here")
    print("without room:", refused.status_code, refused.text)
    assert sound.status_code == 200
    assert refused.status_code == 400, "FastAPI no longer blames the client: the finding is history"


print("Python", sys.version.split()[0], "FastAPI", fastapi.__version__)
asyncio.run(main())
PY
venv/bin/python app.py
