from typing import Any
from uuid import UUID

from backend.core.errors import InvalidInputError
from backend.core.permissions import Principal, SubjectKind
from backend.core.preconditions import Precondition
from backend.models.assistant.prompt_templates import PromptText, render
from backend.models.assistant.prompt_versions import (
    PromptRender,
    PromptVersion,
    PromptVersionCreate,
    PromptVersionQuery,
)
from backend.models.assistant.prompts import Prompt, PromptCreate, PromptQuery, PromptUpdate
from backend.models.platform.idempotency import IdempotencyKey, Outcome
from backend.repositories.assistant.unit import AssistantReading, AssistantUnit, AssistantUnits
from backend.services.platform.versioned import VersionedService


class PromptService(
    VersionedService[
        AssistantUnit,
        AssistantReading,
        Prompt,
        PromptQuery,
        PromptUpdate,
        PromptVersion,
        PromptVersionQuery,
    ]
):
    """A prompt has the text of its active version. Versions are added, and never change."""

    def __init__(self, uow: AssistantUnits) -> None:
        super().__init__(
            uow,
            SubjectKind.PROMPT,
            lambda unit: unit.prompts,
            lambda unit: unit.prompt_versions,
        )

    async def create(
        self, data: PromptCreate, by: Principal, key: IdempotencyKey | None = None
    ) -> Outcome[Prompt]:
        """Add a prompt with its first version. Raises ConflictError if the name is taken."""
        prompt = Prompt.from_input(data)
        return await self._create(prompt, _version(prompt.id, 1, prompt, by), by, key)

    async def add_version(
        self,
        prompt_id: UUID,
        data: PromptVersionCreate,
        by: Principal,
        match: Precondition,
        key: IdempotencyKey | None = None,
    ) -> Outcome[Prompt]:
        """Add the version with the next number, and activate it unless `data` says otherwise.

        Raises:
            NotFoundError: there is no such prompt.
            PreconditionFailedError: it is at another version than the caller expects.
        """

        def next_of(prompt: Prompt) -> PromptVersion:
            prompt.last_number += 1
            return _version(prompt.id, prompt.last_number, data, by)

        return await self._add_version(prompt_id, next_of, by, match, key, activate=data.activate)

    async def render(self, prompt_id: UUID, data: PromptRender, by: Principal) -> str:
        """Render the text for a language model.

        Raises:
            NotFoundError: there is no such prompt.
            InvalidInputError: there is no such version, a value is missing or belongs to no
                variable, or the text would be too long.
        """
        async with self._uow.reading(by) as uow:
            prompt = await uow.prompts.get(prompt_id)
            text: PromptText = prompt
            if data.number is not None:
                text = await self._version_of(uow, prompt, data.number)
        return render(text, data.variables)

    def _use(self, row: Prompt, version: PromptVersion) -> None:
        row.use(version)

    def _no_version(self, row: Prompt, number: int) -> InvalidInputError:
        detail = f"There is no such version; the last one is {row.last_number}."
        return InvalidInputError("number", detail)

    def _facts_of(self, version: PromptVersion) -> dict[str, Any]:
        return version.facts()


def _version(prompt_id: UUID, number: int, text: PromptText, by: Principal) -> PromptVersion:
    return PromptVersion(
        prompt_id=prompt_id,
        number=number,
        template=text.template,
        variables=text.variables,
        created_by=by.user_id,
    )
