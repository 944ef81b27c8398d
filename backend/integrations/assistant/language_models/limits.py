"""The limits of one answer. pydantic-ai heeds them before it acts on what the model has said."""

from pydantic_ai import UsageLimits
from pydantic_ai.exceptions import UsageLimitExceeded
from pydantic_ai.usage import RunUsage

from backend.services.assistant.language_models import Limits


class QuietLimits(UsageLimits):
    """Does not warn where usage or prices are not known, as of servers of one's own."""

    def check_tokens(self, usage: RunUsage) -> None:
        if self.total_tokens_limit is not None and usage.total_tokens > self.total_tokens_limit:
            raise UsageLimitExceeded(f"{usage.total_tokens} tokens")

    def check_cost(self, usage: RunUsage, *, warn_if_cost_unavailable: bool = False) -> None:
        super().check_cost(usage, warn_if_cost_unavailable=False)


def limits_of(limits: Limits) -> UsageLimits:
    """Without the seconds, which are of the whole run."""
    return QuietLimits(
        request_limit=limits.model_calls, total_tokens_limit=limits.tokens, cost_limit=limits.cost
    )
