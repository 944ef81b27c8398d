from uuid import UUID

from backend.core.errors import InvalidInputError, NotFoundError
from backend.core.permissions import Principal
from backend.core.preconditions import Precondition
from backend.models.assistant.prompt_templates import PromptText, render
from backend.models.assistant.prompt_versions import (
    PromptRender,
    PromptVersion,
    PromptVersionCreate,
    PromptVersionQuery,
)
from backend.models.assistant.prompts import Prompt, PromptCreate, PromptQuery, PromptUpdate
from backend.models.platform.domain_events import SubjectKind, changes_between
from backend.models.platform.idempotency import Answered, IdempotencyKey, Outcome, Replay, Replayed
from backend.models.platform.paging import Page
from backend.repositories.assistant.unit import AssistantReading, AssistantUnit, AssistantUnits
from backend.services.platform.change_events import created
from backend.services.platform.crud import CrudService


class PromptService(
    CrudService[AssistantUnit, AssistantReading, Prompt, PromptQuery, PromptUpdate]
):
    """A prompt has the text of its active version. Versions are added, and never change."""

    def __init__(self, uow: AssistantUnits) -> None:
        super().__init__(uow, SubjectKind.PROMPT, lambda unit: unit.prompts)

    async def create(
        self, data: PromptCreate, by: Principal, key: IdempotencyKey | None = None
    ) -> Outcome[Prompt]:
        """Add a prompt with its first version. Raises ConflictError if the name is taken."""
        prompt = Prompt.model_validate(data)
        async with self._uow() as uow:
            match await uow.idempotency.claim(key, prompt.id):
                case Replay(earlier):
                    return Replayed(await uow.prompts.get(earlier))
                case Answered() as answered:
                    return answered
            await uow.prompts.save(prompt)
            await uow.prompt_versions.save(_version(prompt.id, 1, prompt, by))
            uow.record(created(SubjectKind.PROMPT, prompt, by))
            await uow.commit()
        return prompt

    async def versions(
        self, prompt_id: UUID, query: PromptVersionQuery, by: Principal
    ) -> Page[PromptVersion]:
        """Raises NotFoundError or InvalidCursorError."""
        async with self._uow.reading() as uow:
            await uow.prompts.get(prompt_id)
            return await uow.prompt_versions.page_of(prompt_id, query)

    async def version(self, prompt_id: UUID, number: int, by: Principal) -> PromptVersion:
        """Raises NotFoundError."""
        async with self._uow.reading() as uow:
            version = await uow.prompt_versions.find_number(prompt_id, number)
        if version is None:
            raise NotFoundError(f"There is no version {number} of a prompt {prompt_id}.")
        return version

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
        async with self._uow() as uow:
            match await uow.idempotency.claim(key, prompt_id):
                case Replay(earlier):
                    return Replayed(await uow.prompts.get(earlier))
                case Answered() as answered:
                    return answered
            # Locked, so that concurrent additions get different numbers.
            prompt = await uow.prompts.get(prompt_id, for_update=True)
            match.check(prompt.version)
            before = prompt.facts()
            prompt.last_number += 1
            version = _version(prompt.id, prompt.last_number, data, by)
            if data.activate:
                prompt.use(version)
            await uow.prompt_versions.save(version)
            await uow.prompts.save(prompt)
            changes = {
                **changes_between({}, version.facts()),
                **changes_between(before, prompt.facts()),
            }
            self._record(uow, prompt, "version_added", changes, by)
            await uow.commit()
        return prompt

    async def activate(
        self, prompt_id: UUID, number: int, by: Principal, match: Precondition
    ) -> Prompt:
        """Activate a version. Raises as `update` does; InvalidInputError if it does not exist."""
        async with self._changing(prompt_id, by, match, "activated") as (uow, prompt):
            prompt.use(await _version_to_use(uow, prompt, number))
        return prompt

    async def render(self, prompt_id: UUID, data: PromptRender, by: Principal) -> str:
        """Render the text for a language model.

        Raises:
            NotFoundError: there is no such prompt.
            InvalidInputError: there is no such version, a value is missing or belongs to no
                variable, or the text would be too long.
        """
        async with self._uow.reading() as uow:
            prompt = await uow.prompts.get(prompt_id)
            text: PromptText = prompt
            if data.number is not None:
                text = await _version_to_use(uow, prompt, data.number)
        return render(text, data.variables)


def _version(prompt_id: UUID, number: int, text: PromptText, by: Principal) -> PromptVersion:
    return PromptVersion(
        prompt_id=prompt_id,
        number=number,
        template=text.template,
        variables=text.variables,
        created_by=by.user_id,
    )


async def _version_to_use(uow: AssistantReading, prompt: Prompt, number: int) -> PromptVersion:
    version = await uow.prompt_versions.find_number(prompt.id, number)
    if version is None:
        detail = f"There is no such version; the last one is {prompt.last_number}."
        raise InvalidInputError("number", detail)
    return version
