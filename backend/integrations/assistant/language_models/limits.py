"""The limits of one answer. pydantic-ai checks them before it acts on a response."""

from pydantic_ai import UsageLimits
from pydantic_ai.exceptions import UsageLimitExceeded
from pydantic_ai.usage import RunUsage

from backend.services.assistant.language_models import Limits


class QuietLimits(UsageLimits):
    """Does not warn if usage or prices are unknown, as with self-hosted servers."""

    def check_tokens(self, usage: RunUsage) -> None:
        if self.total_tokens_limit is not None and usage.total_tokens > self.total_tokens_limit:
            raise UsageLimitExceeded(f"{usage.total_tokens} tokens")

    def check_cost(self, usage: RunUsage, *, warn_if_cost_unavailable: bool = False) -> None:
        super().check_cost(usage, warn_if_cost_unavailable=False)


def limits_of(limits: Limits) -> UsageLimits:
    """Excludes the seconds, which apply to the whole run."""
    return QuietLimits(
        request_limit=limits.model_calls, total_tokens_limit=limits.tokens, cost_limit=limits.cost
    )
