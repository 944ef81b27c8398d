"""Answers of language models: pydantic-ai does the loop, the streaming and the limits."""

from collections.abc import AsyncGenerator
from decimal import Decimal
from typing import Any

from pydantic_ai import Agent, ModelSettings
from pydantic_ai.usage import RunUsage

from backend.core.config import LanguageModelSettings
from backend.integrations.assistant.language_models.errors import as_domain_errors
from backend.integrations.assistant.language_models.events import told
from backend.integrations.assistant.language_models.history import messages_of
from backend.integrations.assistant.language_models.limits import limits_of
from backend.integrations.assistant.language_models.outputs import check_output, output_type
from backend.integrations.assistant.language_models.providers import Providers
from backend.integrations.assistant.language_models.steps import BeforeStep
from backend.integrations.assistant.language_models.tools import tool_of
from backend.models.assistant.model_usage import Usage
from backend.services.assistant.language_models import AnswerEvent, ModelChoice, Question

_SMALLEST = Decimal("1e-9")
"""The precision of costs in dollars."""
_OUTPUT_RETRIES = 2
"""How often a model may correct an answer that does not fit its schema."""


class PydanticAiModels:
    """Implements `LanguageModels`."""

    def __init__(self, settings: LanguageModelSettings) -> None:
        self._settings = settings
        self._providers = Providers(settings)

    async def close(self) -> None:
        await self._providers.close()

    async def answer(self, question: Question, usage: Usage) -> AsyncGenerator[AnswerEvent, None]:
        """Like `LanguageModels.answer`."""
        spent = RunUsage()
        try:
            with as_domain_errors(question.limits):
                async with self._agent(question).run_stream_events(
                    question.text,
                    message_history=messages_of(question.history),
                    usage=spent,
                    usage_limits=limits_of(question.limits),
                    timeout=question.limits.seconds,
                ) as events:
                    async for event in events:
                        if (news := told(event)) is not None:
                            yield news
        finally:
            usage.add(_usage(spent))

    def _agent(self, question: Question) -> Agent[object, Any]:
        """Build an agent for the question. Raises ModelUnavailableError."""
        agent: Agent[object, Any] = Agent(
            self._providers.model(question.model),
            name="assistant",
            instructions=question.instructions,
            tools=[tool_of(offered) for offered in question.tools],
            output_type=output_type(question.output_schema),
            retries={"output": _OUTPUT_RETRIES},
            model_settings=self._model_settings(question.model),
            capabilities=[BeforeStep(question.before_step)] if question.before_step else [],
        )
        if question.output_schema is not None:
            agent.output_validator(check_output(question.output_schema))
        return agent

    def _model_settings(self, model: ModelChoice) -> ModelSettings:
        settings = ModelSettings(
            timeout=self._settings.timeout_seconds,
            first_event_timeout=self._settings.timeout_seconds,
            max_retries=self._settings.retries,
        )
        if model.temperature is not None:
            settings["temperature"] = model.temperature
        if model.max_output_tokens is not None:
            settings["max_tokens"] = model.max_output_tokens
        return settings


def _usage(spent: RunUsage) -> Usage:
    return Usage(
        model_calls=spent.requests,
        tool_calls=spent.tool_calls,
        input_tokens=spent.input_tokens,
        output_tokens=spent.output_tokens,
        cost=spent.cost and spent.cost.quantize(_SMALLEST),
    )
