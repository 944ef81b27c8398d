"""Repositories in memory, for the rules of services.

`tests/integration/platform/test_repository_contract.py` runs the same tests against these and
against PostgreSQL, so they can't lie. Rules that need queries are tested on PostgreSQL alone.
"""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from copy import deepcopy
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

from backend.core.errors import NotFoundError
from backend.core.scopes import FIRST_ORGANISATION, Scope
from backend.models.assistant.model_configs import ModelConfig
from backend.models.assistant.prompt_versions import PromptVersion
from backend.models.assistant.prompts import Prompt
from backend.models.assistant.tools import Tool
from backend.models.platform.domain_events import DomainEvent
from backend.models.platform.idempotency import Claim, Fresh, IdempotencyKey
from backend.models.platform.mixins import Identified
from backend.models.platform.organisations import ActingIn, OfOrganisation
from backend.repositories.unit_of_work import ReadingUnitOfWork, UnitOfWork, UnitOfWorkFactory

Row = TypeVar("Row", bound=Identified)
Tables = dict[str, dict[UUID, Any]]


class FakeRepository(Generic[Row]):
    """Rows of one table. Gives out copies: what is not saved is not kept."""

    def __init__(self, kind: str, rows: dict[UUID, Row]) -> None:
        self.kind = kind
        self._rows = rows

    async def get(self, row_id: UUID, *, for_update: bool = False) -> Row:
        row = await self.find(row_id)
        if row is None:
            raise NotFoundError.of(self.kind, row_id)
        return row

    async def find(self, row_id: UUID) -> Row | None:
        return deepcopy(self._rows.get(row_id))

    async def find_many(self, row_ids: Collection[UUID], *, for_update: bool = False) -> list[Row]:
        return [deepcopy(self._rows[row_id]) for row_id in row_ids if row_id in self._rows]

    async def known(self, row_ids: Collection[UUID]) -> set[UUID]:
        return {row_id for row_id in row_ids if row_id in self._rows}

    async def add_new(self, row: Row) -> None:
        await self.save(row)

    async def save(self, row: Row) -> None:
        self._rows[row.id] = deepcopy(row)

    async def save_many(self, rows: Collection[Row]) -> None:
        for row in rows:
            await self.save(row)

    async def delete(self, row: Row) -> None:
        del self._rows[row.id]


class FakeModelConfigs(FakeRepository[ModelConfig]):
    async def find_default(self) -> ModelConfig | None:
        return next((deepcopy(row) for row in self._rows.values() if row.is_default), None)


class FakeTools(FakeRepository[Tool]):
    async def enabled_names(self) -> set[str]:
        return {row.name for row in self._rows.values() if row.is_enabled}


class FakePrompts(FakeRepository[Prompt]):
    def __init__(self, rows: dict[UUID, Prompt], versions: dict[UUID, PromptVersion]) -> None:
        super().__init__("prompt", rows)
        self._versions = versions

    async def find_active(self, name: str) -> PromptVersion | None:
        for prompt in self._rows.values():
            if prompt.name == name:
                return await self.active_version(prompt.id)
        return None

    async def known_names(self, names: Collection[str]) -> set[str]:
        return {row.name for row in self._rows.values()} & set(names)

    async def active_version(self, prompt_id: UUID) -> PromptVersion:
        number = (await self.get(prompt_id)).active_number
        versions = (each for each in self._versions.values() if each.prompt_id == prompt_id)
        return deepcopy(next(each for each in versions if each.number == number))


class FakeIdempotency:
    """For services that are called without a key. Keys need a database."""

    async def claim(self, key: IdempotencyKey | None, resource_id: UUID) -> Claim:
        assert key is None
        return Fresh()

    async def look_up(self, key: IdempotencyKey) -> Claim:
        return Fresh()

    async def point_at(self, key: IdempotencyKey | None, resource_id: UUID) -> None:
        assert key is None


KINDS = {
    "users": "user",
    "api_keys": "API key",
    "invitations": "invitation",
    "customers": "customer",
    "leads": "lead",
    "products": "product",
    "tasks": "task",
    "modules": "module",
    "executions": "execution",
    "files": "file",
    "workflows": "workflow",
    "chats": "chat",
    "chat_messages": "message",
    "planned_actions": "action",
    "usage_records": "run",
    "model_configs": "model configuration",
    "tools": "tool",
    "output_schemas": "output schema",
    "prompt_versions": "version",
    "prompts": "prompt",
}
CLASSES: dict[str, type[FakeRepository[Any]]] = {
    "model_configs": FakeModelConfigs,
    "tools": FakeTools,
}
"""Those that are asked more than every repository is."""


class FakeUnitOfWork:
    def __init__(self, committed: Tables) -> None:
        self._committed = committed
        self._tables: Tables = {name: dict(rows) for name, rows in committed.items()}
        self.idempotency = FakeIdempotency()
        for name, kind in KINDS.items():
            repository = CLASSES.get(name, FakeRepository)(kind, self._tables[name])
            setattr(self, name, repository)
        self.prompts = FakePrompts(self._tables["prompts"], self._tables["prompt_versions"])

    def record(self, event: DomainEvent) -> None:
        """Kept nowhere: what is recorded is read from a database."""

    async def go_on_for(self, model: type[OfOrganisation] | type[ActingIn], row_id: UUID) -> UUID:
        return FIRST_ORGANISATION

    async def go_on_within(self, organisation_id: UUID) -> None:
        """There is one."""

    async def commit(self) -> None:
        self._committed.update({name: dict(rows) for name, rows in self._tables.items()})


class FakeUnitOfWorkFactory:
    """What is committed in one unit is there in the next."""

    def __init__(self) -> None:
        self._committed: Tables = {name: {} for name in KINDS}

    @asynccontextmanager
    async def __call__(self, _scope: Scope, /) -> AsyncIterator[UnitOfWork]:
        yield cast(UnitOfWork, FakeUnitOfWork(self._committed))

    @asynccontextmanager
    async def reading(self, _scope: Scope, /) -> AsyncIterator[ReadingUnitOfWork]:
        yield cast(ReadingUnitOfWork, FakeUnitOfWork(self._committed))


def fake_units_of_work() -> UnitOfWorkFactory:
    return FakeUnitOfWorkFactory()
