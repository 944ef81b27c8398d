"""A check before each call of a model."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pydantic_ai import RunContext
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.models import ModelRequestContext


@dataclass
class BeforeStep(AbstractCapability[object]):
    """What `look` raises ends the answer."""

    look: Callable[[], Awaitable[object]]

    async def before_model_request(
        self, ctx: RunContext[object], request_context: ModelRequestContext
    ) -> ModelRequestContext:
        await self.look()
        return request_context
