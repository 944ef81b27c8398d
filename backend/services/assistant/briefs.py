"""Turns a person's request into a task for the assistant."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from backend.core.errors import InvalidInputError, unknown_reference
from backend.core.permissions import Principal
from backend.models.assistant.json_schemas import check_json_schema
from backend.repositories.assistant.unit import AssistantReading
from backend.services.assistant.engine import AssistantBrief
from backend.services.assistant.instructions import instructions
from backend.services.assistant.language_models import Turn
from backend.services.assistant.model_choice import ModelChooser
from backend.services.assistant.tools.base import CallScope


@dataclass(frozen=True)
class AnswerOptions:
    """Options of an answer. Those left out have defaults."""

    model_config_id: UUID | None = None
    module_id: UUID | None = None
    prompt: str | None = None
    variables: dict[str, str] = field(default_factory=dict)
    schema_id: UUID | None = None


class AssistantBriefs:
    def __init__(self, chooser: ModelChooser) -> None:
        self._chooser = chooser

    async def prepare(
        self,
        uow: AssistantReading,
        text: str,
        scope: CallScope,
        by: Principal,
        options: AnswerOptions,
        history: Sequence[Turn] = (),
    ) -> AssistantBrief:
        """Raises InvalidInputError if the options name what does not exist."""
        return AssistantBrief(
            text,
            await instructions(
                uow,
                by,
                prompt=options.prompt,
                variables=options.variables,
                module_id=options.module_id,
            ),
            await self._chooser.choose(uow, options.model_config_id),
            scope,
            output_schema=await _schema(uow, options.schema_id),
            history=history,
        )


async def _schema(uow: AssistantReading, schema_id: UUID | None) -> dict[str, Any] | None:
    if schema_id is None:
        return None
    schema = await uow.output_schemas.find(schema_id)
    if schema is None:
        raise unknown_reference("schema_id", "schema")
    try:
        return check_json_schema(schema.json_schema)
    except ValueError as error:
        # It was stored by a version of the program that accepted it.
        raise InvalidInputError(
            "schema_id", f"The schema can no longer be used: {error}"
        ) from error
