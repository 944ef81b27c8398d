"""Limits of the assistant: for one answer, and for one person per day (UTC)."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from backend.core.config import AssistantSettings
from backend.core.errors import LimitReachedError
from backend.core.permissions import Principal
from backend.models.assistant.usage_records import Amounts, UsageRecord
from backend.models.platform.mixins import now
from backend.repositories.assistant.unit import AssistantUnit
from backend.services.assistant.language_models import Limits
from backend.services.assistant.model_choice import ChosenModel

GRACE = timedelta(seconds=30)
"""Time after its limit until an answer is certainly over: it must also be stored."""

_USED_UP = "You have used up today's {}. Try again tomorrow (UTC) or ask an admin."
_AT_WORK = "Your remaining {} are reserved by requests in progress: wait until they finish."
_SOON_SECONDS = 5


class AssistantBudget:
    def __init__(self, settings: AssistantSettings) -> None:
        self._request = Amounts(
            settings.model_calls, settings.tokens, settings.seconds, settings.cost
        )
        self.day = Amounts(
            settings.model_calls_per_day,
            settings.tokens_per_day,
            settings.seconds_per_day,
            settings.cost_per_day,
        )

    async def hold(self, uow: AssistantUnit, model: ChosenModel, by: Principal) -> UsageRecord:
        """Begin an answer and reserve its limits.

        Raises:
            LimitReachedError: the person has reached a limit of the day.
        """
        used, held = await uow.usage_records.lock_used_by(by.user_id, start_of_day())
        unused = _minus(self.day, used)
        if name := _first_used_up(unused):
            raise LimitReachedError(_USED_UP.format(name), _seconds_to_midnight())
        left = _minus(unused, held)
        if name := _first_used_up(left):
            raise LimitReachedError(_AT_WORK.format(name), _SOON_SECONDS)
        limits = _narrowest(self._request, model.limits, left)
        if model.is_offline:
            limits = limits._replace(cost=Decimal(0))
        run = UsageRecord(
            owner_id=by.user_id,
            provider=model.choice.provider,
            model=model.choice.model,
            deadline_at=now() + timedelta(seconds=limits.seconds) + GRACE,
            held_model_calls=limits.model_calls,
            held_tokens=limits.tokens,
            held_seconds=limits.seconds,
            held_cost=limits.cost,
        )
        await uow.usage_records.add_new(run)
        return run


def limits_of(run: UsageRecord) -> Limits:
    return Limits(run.held_model_calls, run.held_tokens, run.held_seconds, run.held_cost)


def start_of_day() -> datetime:
    return now().replace(hour=0, minute=0, second=0, microsecond=0)


def _seconds_to_midnight() -> int:
    return int((start_of_day() + timedelta(days=1) - now()).total_seconds()) + 1


def _first_used_up(left: Amounts) -> str | None:
    return next((name for name, amount in left._asdict().items() if amount <= 0), None)


def _minus(limit: Amounts, taken: Amounts) -> Amounts:
    return Amounts(
        limit.model_calls - int(taken.model_calls),
        limit.tokens - int(taken.tokens),
        limit.seconds - float(taken.seconds),
        limit.cost - Decimal(taken.cost),
    )


def _narrowest(*each: Any) -> Amounts:
    """Return the lowest of each amount; None means no limit."""
    amounts = (
        [amount for amount in of_one if amount is not None] for of_one in zip(*each, strict=True)
    )
    return Amounts(*(min(some) for some in amounts))
