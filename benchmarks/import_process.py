"""What runs in a process of its own, so that nothing else counts as its memory."""

import asyncio
import csv
import resource
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from openpyxl import Workbook
from pydantic import SecretStr

from backend.core.config import DatabaseSettings
from backend.core.database import Database
from backend.core.permissions import Means, Principal, Role
from backend.core.scopes import FIRST_ORGANISATION
from backend.integrations.exchange.sheets import read_sheet
from backend.integrations.exchange.sheets_writer import write_xlsx
from backend.integrations.files.storage import open_storage
from backend.models.exchange.exports import ExportInputs
from backend.models.exchange.imports import ImportInputs
from backend.models.exchange.sheets import SheetResource
from backend.models.files.files import FileSubject
from backend.models.platform.idempotency import made
from backend.models.platform.mixins import new_id
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.exchange.exports import ExportKind, exported_lists
from backend.services.exchange.imports.kind import ImportKind
from backend.services.files.contents import FileContents
from backend.services.files.files import FileService
from backend.services.files.uploads import FileRules
from backend.services.sales.customers import CustomerService
from backend.services.sales.leads import LeadService
from backend.services.sales.products import ProductService
from backend.services.tasks.tasks import TaskService

_PERSON = UUID("01976d5e-8f60-7c3a-9b52-5d1f0a6c7e01")
_BY = Principal(_PERSON, Role.MANAGER, _PERSON, FIRST_ORGANISATION, Means.JOB)
_HEADERS = ["name", "email", "phone", "company", "status", "notes"]
_TICK = 0.002


class Work(NamedTuple):
    """`file` is imported with the options; None stands for an export."""

    database_url: str
    storage: Path
    file: Path | None
    options: dict[str, Any]


class Measured(NamedTuple):
    """`cpu_seconds` are those of this process, without the database's; the last ones are those of
    the process that reads XLSX."""

    seconds: float
    cpu_seconds: float
    grown_mib: float
    held_up_ms: float
    child_cpu_seconds: float


@dataclass
class _Run:
    """An execution that is not kept."""

    id: UUID = field(default_factory=new_id)
    by: Principal = _BY

    async def owner(self) -> Principal:
        return self.by

    async def progress(self, done: int, total: int | None, message: str) -> None:
        """Nobody looks."""

    async def step(
        self, name: str, work: Callable[[], Awaitable[dict[str, Any]]]
    ) -> dict[str, Any]:
        return await work()


def add_person(connection: psycopg.Connection[Any]) -> None:
    connection.execute(
        "INSERT INTO users (id, email, full_name, role, is_active, password_hash, created_at,"
        " updated_at, version) VALUES (%s, 'a@example.com', 'Ada', 'manager', true, '-', now(),"
        " now(), 1)",
        (_PERSON,),
    )


def write_file(path: Path, rows: int) -> None:
    table = _table(rows, "Changed" if "changed" in path.name else "Called")
    if path.suffix == ".csv":
        with path.open("w", newline="") as file:
            csv.writer(file).writerows(table)
        return
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet()
    for row in table:
        sheet.append(row)
    workbook.save(path)


def _table(rows: int, word: str) -> Iterator[list[str]]:
    yield _HEADERS
    for n in range(rows):
        company, notes = f"Company {n % 1000}", f"{word} last week about order {n}."
        yield [f"Customer {n}", f"c{n}@example.com", "+1 202 555 0143", company, "active", notes]


def measure(work: Work) -> Measured:
    return asyncio.run(_measure(work))


async def _measure(work: Work) -> Measured:
    database = Database(DatabaseSettings(url=SecretStr(work.database_url)))
    uow = SqlUnitOfWorkFactory(database)
    contents = FileContents(uow, open_storage(work.storage.as_uri()))
    files = FileService(uow, contents, FileRules(2**30, ("*/*",)))
    lists = exported_lists(
        CustomerService(uow), LeadService(uow), ProductService(uow), TaskService(uow)
    )
    exports, imports = ExportKind(lists, files, write_xlsx), ImportKind(uow, files, read_sheet)

    async def run(path: Path | None, **options: Any) -> None:
        if path is None:
            inputs = ExportInputs.model_validate({"resource": "customers"} | options)
            await exports.run(inputs, _Run())
            return
        with path.open("rb") as content:
            file = made(await files.upload(path.name, content, FileSubject(), _BY))
        given = ImportInputs(resource=SheetResource.CUSTOMERS, file_id=file.id, **options)
        result = await imports.run(given, _Run(), file)
        if result.errors:
            raise RuntimeError(result.errors[0])

    await _warm_up(work, run)
    measured = await _watched(run(work.file, **work.options))
    await database.close()
    return measured


async def _warm_up(work: Work, run: Callable[..., Awaitable[None]]) -> None:
    """All code is loaded, and connections are open."""
    if work.file is None:
        await run(None, filters={"q": "nobody"})
        return
    small = work.file.with_name(f"small-{work.file.name}")
    write_file(small, 10)
    await run(small, dry_run=True)


async def _watched(work: Awaitable[None]) -> Measured:
    before = _resident_mib()
    most, done = [before], Event()

    def watch() -> None:
        while not done.wait(0.02):
            most[0] = max(most[0], _resident_mib())

    watcher = Thread(target=watch)
    watcher.start()
    held_up = asyncio.ensure_future(_longest_hold_up(done))
    child = _child_cpu_seconds()
    started, cpu = time.perf_counter(), time.process_time()
    await work
    cpu_seconds = time.process_time() - cpu
    seconds = time.perf_counter() - started
    done.set()
    watcher.join()
    grown, child_cpu = most[0] - before, _child_cpu_seconds() - child
    return Measured(seconds, cpu_seconds, grown, await held_up, child_cpu)


def _child_cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def _longest_hold_up(done: Event) -> float:
    """The time in ms that the 99.9th of 1,000 wake-ups of the event loop came late."""
    late = []
    while not done.is_set():
        started = time.perf_counter()
        await asyncio.sleep(_TICK)
        late.append(1000 * (time.perf_counter() - started - _TICK))
    return sorted(late)[int(0.999 * len(late))]


def _resident_mib() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("/proc does not tell the memory")
