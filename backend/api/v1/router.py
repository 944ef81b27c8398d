from fastapi import APIRouter

from backend.api.v1 import auth, customers, sessions, tasks, users

router = APIRouter(prefix="/api/v1")
for resource in (auth, sessions, users, customers, tasks):
    router.include_router(resource.router)
