"""The processes that read spreadsheets, and those that have started them."""

import asyncio
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from backend.integrations.exchange import sheets_xlsx
from backend.integrations.exchange.sheets import read_sheet
from backend.services.exchange.protocols import XLSX, SheetError
from tests.fixtures.people import Person
from tests.fixtures.sheets import Sheets, as_xlsx
from tests.fixtures.workbooks import MAIN, SHEET, renamed, repacked

PARENT = """
import sys
from pathlib import Path
from backend.integrations.exchange import sheets_xlsx
from backend.integrations.exchange.sheets import read_sheet
from backend.services.exchange.protocols import XLSX

with read_sheet(Path(sys.argv[1]), XLSX, 200) as batches:
    next(batches)
    print("begun", flush=True)
    sys.stdin.read()
"""
ENDLESS = "import sys, time; sys.stdout.flush(); time.sleep(600)"
SECONDS = 20.0


def children_of(pid: int) -> set[int]:
    """Each thread has those that it has started."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(each) for listed in lists for each in listed.read_text().split()}


def is_alive(pid: int) -> bool:
    """Nor does one count that has ended, and that nobody has asked about."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return state.rpartition(")")[2].split()[0] != "Z"


def wait_until_gone(pids: set[int]) -> None:
    until = time.monotonic() + SECONDS
    while any(is_alive(pid) for pid in pids):
        assert time.monotonic() < until, pids
        time.sleep(0.02)


def long_table(path: Path) -> Path:
    """It has more rows than fit into a pipe."""
    path.write_bytes(as_xlsx([["name"], *(["x" * 200] for _ in range(3_000))]))
    return path


def test_whoever_stops_reading_leaves_no_process(tmp_path: Path) -> None:
    with read_sheet(long_table(tmp_path / "x.xlsx"), XLSX, 200) as batches:
        next(batches)
        (child,) = [each for each in children_of(os.getpid()) if _reads_sheets(each)]

    assert not is_alive(child)


def _reads_sheets(pid: int) -> bool:
    return b"sheets_process" in Path(f"/proc/{pid}/cmdline").read_bytes()


def test_a_killed_program_leaves_no_process(tmp_path: Path) -> None:
    path = long_table(tmp_path / "x.xlsx")
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    parent.stdout.readline()
    children = children_of(parent.pid)
    assert len(children) == 1

    parent.send_signal(signal.SIGKILL)
    parent.communicate()

    wait_until_gone(children)


async def children_other_than(before: set[int]) -> set[int]:
    for _ in range(1_000):
        if begun := children_of(os.getpid()) - before:
            return begun
        await asyncio.sleep(0.02)
    raise AssertionError("no process was started")


async def test_an_import_that_is_cancelled_ends_at_once(
    sheets_of: Any, member: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even while the process has not sent anything."""
    sheets: Sheets = sheets_of(member.principal)
    inputs = await sheets.inputs("customers", [["name"], ["Ada"]], "x.xlsx")
    monkeypatch.setattr(sheets_xlsx, "_COMMAND", (sys.executable, "-c", ENDLESS))
    before = children_of(os.getpid())
    running = asyncio.create_task(sheets.run(inputs, sheets.new_run()))
    begun = await children_other_than(before)

    running.cancel()
    started = time.monotonic()
    await asyncio.wait([running])

    assert time.monotonic() - started < 5
    assert running.cancelled()
    assert not any(map(is_alive, begun))


def test_a_file_that_takes_too_much_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(renamed(repacked({}), {SHEET: "xl/other.xml"}))
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open(SHEET, "w") as part,
    ):
        part.write(f'<worksheet xmlns="{MAIN}"><sheetData><row>'.encode())
        for _ in range(30):
            part.write(
                b"<c a='' b='' c='' d='' e='' f='' g='' h='' i='' j='' k='' l=''/>" * 100_000
            )

    assert path.stat().st_size < 1_000_000
    with (
        pytest.raises(SheetError, match="too much memory or time"),
        read_sheet(path, XLSX, 200) as found,
    ):
        list(found)
