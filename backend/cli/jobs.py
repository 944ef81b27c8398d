"""`mvp jobs`: lists, retries and cancels jobs."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from rich.table import Table

from backend.cli.runtime import console, running_database, with_units_of_work
from backend.core.config import ConfigurationError
from backend.models.background.jobs import JobPublic, JobQuery, JobStatus
from backend.models.platform.job_requests import Queue
from backend.models.platform.paging import Page
from backend.services.background.jobs import JobService

Result = TypeVar("Result")

app = typer.Typer(name="jobs", help="Manage background jobs.", no_args_is_help=True)

JobId = Annotated[int, typer.Argument(min=1, max=2**63 - 1, help="As `mvp jobs list` shows it.")]


@app.command("list")
def list_jobs(
    status: Annotated[list[JobStatus] | None, typer.Option(help="Any of these.")] = None,
    queue: Annotated[list[Queue] | None, typer.Option(help="Any of these.")] = None,
    task: Annotated[str | None, typer.Option(help="The name of the task.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="The maximum number to show.")] = 50,
) -> None:
    """Show jobs, the newest first. `--status failed` shows the dead ones."""
    query = JobQuery(status=status or [], queue=queue or [], task=task, limit=limit)
    page: Page[JobPublic] = _with_service(lambda jobs: jobs.page(query))
    table = Table("Id", "Task", "Queue", "Status", "Attempts", "Created", "Last error")
    for job in page.items:
        created = f"{job.created_at:%Y-%m-%d %H:%M:%S}"
        table.add_row(
            str(job.id), job.task, job.queue, job.status, str(job.attempts), created, _last(job)
        )
    console.print(table)
    if page.next_cursor:
        console.print(f"There are more than these {limit}.")


@app.command()
def retry(
    job_id: Annotated[
        int | None, typer.Argument(min=1, max=2**63 - 1, help="As `mvp jobs list` shows it.")
    ] = None,
    all_failed: Annotated[bool, typer.Option("--all", help="All failed jobs instead.")] = False,
    queue: Annotated[list[Queue] | None, typer.Option(help="With --all: any of these.")] = None,
    task: Annotated[str | None, typer.Option(help="With --all: the name of the task.")] = None,
) -> None:
    """Run a failed or cancelled job again now; or all failed ones."""
    if all_failed and job_id is None:
        retried = _with_service(lambda jobs: jobs.retry_failed(queue or [], task))
        console.print(f"Failed jobs that were queued again: {retried}.")
    elif job_id is not None and not (all_failed or queue or task):
        _with_service(lambda jobs: jobs.retry(job_id))
        console.print(f"Job {job_id} is waiting for a worker.")
    else:
        raise ConfigurationError(
            "jobs retry: give the id of a job, or --all, optionally with --queue and --task"
        )


@app.command()
def cancel(job_id: JobId) -> None:
    """Cancel a waiting job, or ask a running one to stop."""
    job = _with_service(lambda jobs: jobs.cancel(job_id))
    told = "was asked to stop" if job.status is JobStatus.RUNNING else "is cancelled"
    console.print(f"Job {job_id} {told}.")


def _last(job: JobPublic) -> str:
    """Return the last line of a traceback."""
    lines = (job.last_error or "").strip().splitlines()
    return lines[-1] if lines else ""


def _with_service(work: Callable[[JobService], Awaitable[Result]]) -> Result:
    with running_database() as settings:
        return with_units_of_work(settings, lambda uow: work(JobService(uow)))
