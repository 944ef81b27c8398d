"""Background jobs, for admins."""

from typing import Annotated

from fastapi import Path, Query

from backend.api.deps import may
from backend.api.injection import Injected
from backend.api.problems import CONFLICT, declare
from backend.api.routes import CheckedRoute, ResourceRouter
from backend.core.permissions import Permission, Principal
from backend.models.background.jobs import JobPublic, JobQuery
from backend.models.platform.paging import Page
from backend.services.background.jobs import JobService

router = ResourceRouter(prefix="/jobs", tags=["jobs"], route_class=CheckedRoute)

JobId = Annotated[int, Path(ge=1, le=2**63 - 1, examples=[4711])]
MayWriteJobs = Annotated[Principal, may(Permission.JOBS_WRITE)]


@router.get("", dependencies=[may(Permission.JOBS_READ)])
async def list_jobs(
    query: Annotated[JobQuery, Query()], jobs: Injected[JobService]
) -> Page[JobPublic]:
    """Background jobs, the newest first. `status=failed` are the dead ones."""
    return await jobs.page(query)


@router.get("/{job_id}", dependencies=[may(Permission.JOBS_READ)])
async def read_job(job_id: JobId, jobs: Injected[JobService]) -> JobPublic:
    """One job, with the error of its last failed attempt."""
    return await jobs.read(job_id)


@router.post("/{job_id}/retry", responses=declare(CONFLICT))
async def retry_job(job_id: JobId, by: MayWriteJobs, jobs: Injected[JobService]) -> JobPublic:
    """Run a failed or cancelled job again now, with all its attempts."""
    return await jobs.retry(job_id, by)


@router.post("/{job_id}/cancel", responses=declare(CONFLICT))
async def cancel_job(job_id: JobId, by: MayWriteJobs, jobs: Injected[JobService]) -> JobPublic:
    """Cancel a job: immediately if it is waiting, soon after if it is running."""
    return await jobs.cancel(job_id, by)
