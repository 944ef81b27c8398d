"""Single requests to the assistant, with your permissions."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Response

from backend.api.deps import may, own_with
from backend.api.etags import CachedTagDep, Tag
from backend.api.idempotency import IdempotencyKeyDep, IdempotentRoute, KeptAnswer
from backend.api.injection import Injected
from backend.api.problems import (
    CONFLICT,
    LIMIT_REACHED,
    MODEL_FAILED,
    MODEL_TIMEOUT,
    MODEL_UNAVAILABLE,
    NOT_FOUND,
    declare,
)
from backend.api.routes import ResourceRouter
from backend.core.permissions import Permission, Principal
from backend.models.assistant.planned_actions import PlannedAction, PlannedActionPublic
from backend.models.assistant.requests import AssistantRequest, AssistantResponse, AssistantUsage
from backend.services.assistant.planned_actions import PlannedActionService
from backend.services.assistant.requests import AssistantService

router = ResourceRouter(prefix="/agent", tags=["agent"], route_class=IdempotentRoute)

ActionId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e21"])]
MayAsk = Annotated[Principal, may(Permission.ASSISTANT_USE)]
Owner = Annotated[Principal, own_with(Permission.ASSISTANT_USE)]


@router.post(
    "/act",
    response_model=AssistantResponse,
    responses=declare(
        NOT_FOUND, CONFLICT, LIMIT_REACHED, MODEL_FAILED, MODEL_UNAVAILABLE, MODEL_TIMEOUT
    ),
)
async def act(
    data: AssistantRequest,
    by: MayAsk,
    agent: Injected[AssistantService],
    key: IdempotencyKeyDep,
    response: Response,
) -> AssistantResponse | KeptAnswer:
    """Let the assistant answer a request and act on it with your permissions.

    Actions that can't be undone are only planned (`to_confirm`): send the id of the planned action
    as `confirm`, and it is done exactly as shown. Every change is in the audit trail, by you, with
    the assistant as the means.
    """
    return Tag(response).unless_answered(await agent.act(data, by, key))


@router.get("/actions/{action_id}", response_model=PlannedActionPublic)
async def read_planned_action(
    action_id: ActionId, by: Owner, actions: Injected[PlannedActionService], tag: CachedTagDep
) -> PlannedAction:
    """An action that the assistant planned for you, and its outcome."""
    return tag(await actions.read(action_id, by))


@router.get("/usage")
async def read_assistant_usage(by: Owner, agent: Injected[AssistantService]) -> AssistantUsage:
    """Your usage of today (UTC), with your limits."""
    return await agent.usage(by)
