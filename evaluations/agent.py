"""The agent of the program, as people of the seed ask it."""

from datetime import UTC, datetime

from backend.core.errors import DomainError
from backend.core.passwords import PasswordHasher
from backend.core.permissions import NO_SESSION, Principal
from backend.core.scopes import FIRST, FIRST_ORGANISATION
from backend.models.assistant.message_parts import CallOutcome
from backend.models.assistant.requests import AssistantRequest, ToolCallRecord
from backend.models.platform.idempotency import made
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.seeds.base import SeedContext, seed_id
from backend.seeds.runner import seed
from backend.seeds.users import SeedUser
from backend.services.container import Services
from backend.services.files.storage import FileStorage
from evaluations.requests import Ask, Called, Observed, Request
from evaluations.trap import add_trap

_PASSWORD = "nobody signs in here"


async def prepare(services: Services, uow: UnitOfWorkFactory, storage: FileStorage) -> None:
    """Fill an empty database with what the requests are about."""
    moment = datetime.now(UTC)
    context = SeedContext(
        uow, storage, PasswordHasher(), _PASSWORD, moment, FIRST, services.assistant.tools
    )
    await seed(context)
    await add_trap(uow)


def asking(services: Services) -> Ask:
    async def ask(request: Request) -> Observed:
        try:
            reply = made(
                await services.assistant.agent.act(
                    AssistantRequest(request=request.text), _principal(request.by)
                )
            )
        except DomainError as error:
            return Observed((), "", error.detail)
        return Observed(tuple(map(_called, reply.actions)), reply.text)

    return ask


def _called(action: ToolCallRecord) -> Called:
    return Called(action.tool, action.arguments, action.outcome is CallOutcome.REFUSED)


def _principal(user: SeedUser) -> Principal:
    return Principal(seed_id("user", user.email), user.role, NO_SESSION, FIRST_ORGANISATION)
