from fastapi import APIRouter

from backend.api.v1 import (
    audit,
    auth,
    checklists,
    customers,
    files,
    leads,
    modules,
    products,
    search,
    sessions,
    task_bulk,
    tasks,
    users,
)

PREFIX = "/api/v1"

router = APIRouter(prefix=PREFIX)
for resource in (
    auth,
    sessions,
    users,
    customers,
    leads,
    products,
    tasks,
    task_bulk,
    checklists,
    modules,
    files,
    search,
    audit,
):
    router.include_router(resource.router)

uploads = APIRouter(prefix=PREFIX)
"""Routes that take files, which may be larger than other bodies."""
uploads.include_router(files.uploads)
