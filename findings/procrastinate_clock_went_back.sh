#!/bin/sh
# procrastinate 3.10.0: when the system's clock is set back while a worker lives, the worker defers
# no periodic job any more until the clock has caught up with the last tick that it has deferred:
# an hour for an hour, years for a machine that booted with a wrong date. Set ahead (or after a
# laptop has slept), it defers every tick in between at once. Nothing is logged in either case.
#
# Expected by a reader of the documentation: "each periodic task is launched by the cron": the next
# tick after the change is deferred as usual. Exits non-zero if the behaviour changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check procrastinate==3.10.0
cat >"$folder/clock.py" <<'PYTHON'
import asyncio
import time
from importlib.metadata import version

from procrastinate import App
from procrastinate.testing import InMemoryConnector

NOON = 1_800_000_000.0
clock = {"offset": NOON - time.monotonic()}
time.time = lambda: time.monotonic() + clock["offset"]

connector = InMemoryConnector()
app = App(connector=connector)


@app.periodic(cron="* * * * * *")  # each second
@app.task(name="tick")
async def tick(timestamp: int) -> None:
    """What a worker does each second."""


def deferred() -> int:
    return len(connector.jobs)


async def during(seconds: float) -> int:
    """How many periodic jobs are deferred in so many real seconds."""
    before = deferred()
    await asyncio.sleep(seconds)
    return deferred() - before


async def main() -> None:
    print("procrastinate", version("procrastinate"))
    async with app.open_async():
        worker = asyncio.create_task(app.run_worker_async(install_signal_handlers=False))
        usual = await during(4)
        print("deferred in 4 s:", usual)

        clock["offset"] -= 3600
        back = await during(4)
        print("deferred in 4 s after the clock went back by an hour:", back)

        clock["offset"] += 3600 + 60
        ahead = await during(4)
        print("deferred in 4 s after it went ahead by a minute:", ahead)
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
    assert 3 <= usual <= 5, usual
    assert back == 0, back
    assert ahead >= 60, ahead
    print("as described: none after the clock went back, all of them after it went ahead")


asyncio.run(main())
PYTHON
"$folder/venv/bin/python" "$folder/clock.py"
