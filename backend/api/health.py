"""Probes."""

from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from backend.api.deps import public
from backend.api.injection import Injected
from backend.api.problems import UNAVAILABLE, problem_response
from backend.services.operations.health import HealthService

router = APIRouter(prefix="/health", tags=["health"], dependencies=[public])


class Health(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok"}]})

    status: Literal["ok"] = "ok"


@router.get("/live")
async def check_live() -> Health:
    """The process runs and answers. Restart it if this fails."""
    return Health()


@router.get("/ready", response_model=Health)
async def check_ready(request: Request, health: Injected[HealthService]) -> Response | Health:
    """Everything that a request needs is available; if not, 503 names the part that is down."""
    problems = await health.problems()
    failed = {name: problem for name, problem in problems.items() if problem}
    if not failed:
        return Health()
    detail = "; ".join(f"{name}: {problem}" for name, problem in failed.items())
    response: JSONResponse = problem_response(
        request, UNAVAILABLE, detail, headers={"Retry-After": "2"}
    )
    return response
