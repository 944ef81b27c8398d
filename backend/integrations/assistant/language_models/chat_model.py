"""OpenAI's protocol, as many servers speak it, some of them badly."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

from pydantic_ai import ModelSettings, RunContext, UnexpectedModelBehavior
from pydantic_ai.exceptions import AgentRunError, UserError
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart
from pydantic_ai.models import (
    CompletedStreamedResponse,
    ModelRequestParameters,
    StreamedResponse,
)
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIChatModelSettings

from backend.integrations.assistant.language_models.chat_stream.answer import ESTIMATED, ChatAnswer
from backend.integrations.assistant.language_models.chat_stream.stream import ChatStream


class CarefulChatModel(OpenAIChatModel):
    """Sends requests like pydantic-ai, but reads the response itself: see `chat_stream`."""

    def prepare_request(
        self, model_settings: ModelSettings | None, model_request_parameters: ModelRequestParameters
    ) -> tuple[ModelSettings | None, ModelRequestParameters]:
        """Omit the temperature for reasoning models, which accept none."""
        if model_settings and self.profile.get("thinking_enabled_by_default"):
            model_settings = model_settings.copy()
            model_settings.pop("temperature", None)
        return super().prepare_request(model_settings, model_request_parameters)

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse]:
        """Raises UnexpectedModelBehavior if reading the response fails in any way."""
        settings, parameters = self.prepare_request(model_settings, model_request_parameters)
        try:
            response = await self._completions_create(
                messages,
                stream=True,
                model_settings=cast("OpenAIChatModelSettings", settings or {}),
                model_request_parameters=parameters,
            )
            if isinstance(response, ModelResponse):
                # Azure's filter refused the question before the stream began.
                yield CompletedStreamedResponse(response, model_request_parameters=parameters)
                return
            async with response:
                tools = [*parameters.function_tools, *parameters.output_tools]
                stream = ChatStream(
                    response.response,
                    self.model_name,
                    tools={tool.name for tool in tools},
                    taken=_call_ids(messages),
                    tells_usage=any(map(_tells_usage, messages)),
                )
                yield ChatAnswer(parameters, stream, self.system, self.base_url)
        except (AgentRunError, UserError):
            raise
        except Exception as error:  # A malformed response may fail in any way.
            raise UnexpectedModelBehavior(f"{type(error).__name__}: {error}") from error


def _call_ids(messages: list[ModelMessage]) -> set[str]:
    """Return the ids of all earlier calls."""
    parts = (part for message in messages for part in message.parts)
    return {part.tool_call_id for part in parts if isinstance(part, ToolCallPart)}


def _tells_usage(message: ModelMessage) -> bool:
    """Whether it is a response with usage reported by the provider."""
    return (
        isinstance(message, ModelResponse)
        and message.usage.has_values()
        and not (message.provider_details or {}).get(ESTIMATED)
    )
