"""OpenAI's protocol, as many servers speak it, some of them badly."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from pydantic_ai import ModelSettings, RunContext, UnexpectedModelBehavior
from pydantic_ai.exceptions import AgentRunError, UserError
from pydantic_ai.messages import ModelMessage
from pydantic_ai.models import ModelRequestParameters, StreamedResponse
from pydantic_ai.models.openai import OpenAIChatModel


class CarefulChatModel(OpenAIChatModel):
    """Answers of a wrong shape are told as such: pydantic-ai reads them without checking."""

    def prepare_request(
        self, model_settings: ModelSettings | None, model_request_parameters: ModelRequestParameters
    ) -> tuple[ModelSettings | None, ModelRequestParameters]:
        """Without a temperature where the model thinks first: it takes none."""
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
        """Raises UnexpectedModelBehavior: reading the answer has led to whatever error."""
        try:
            async with super().request_stream(
                messages, model_settings, model_request_parameters, run_context
            ) as response:
                yield response
        except (AgentRunError, UserError):
            raise
        except Exception as error:  # An answer of any shape may break the reading in any way.
            raise UnexpectedModelBehavior(f"{type(error).__name__}: {error}") from error
