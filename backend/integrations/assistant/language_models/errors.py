"""Translates errors of providers for callers. The details go to the log."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic_ai.exceptions import (
    ContentFilterError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelContextWindowExceededError,
    ModelNotFoundError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelRequestTimeout,
    ModelTimeoutError as TransportTimeoutError,
    ModelUnavailableError as ProviderUnavailableError,
    OutputTokenLimitExceeded,
    RunTimedOut,
    UnexpectedModelBehavior,
    UsageLimitExceeded,
    UserError,
)

from backend.core.errors import (
    DomainError,
    LimitReachedError,
    ModelBrokenOffError,
    ModelFailedError,
    ModelTimeoutError,
    ModelUnavailableError,
)
from backend.core.logging import get_logger
from backend.services.assistant.language_models import Limits

_log = get_logger(__name__)

# The first match counts: some are subclasses of others.
_FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (ContentFilterError, "The language model refused to answer this. Rephrase it."),
    (
        ModelAuthenticationError,
        "The provider of the language model refused our key: an admin must set another one.",
    ),
    (
        ModelNotFoundError,
        "The provider does not have this language model: an admin must choose another one.",
    ),
    (
        ModelContextWindowExceededError,
        "This is more than the language model can read. Begin a new chat, or send less.",
    ),
    (
        OutputTokenLimitExceeded,
        "The answer is longer than this model may write: request less, or choose another one.",
    ),
    (ModelAPIError, "The provider of the language model did not accept or finish the request."),
    (UnexpectedModelBehavior, "The language model's answer can't be used. Try again."),
    (UserError, "The language model does not support the request, such as this output schema."),
)


@contextmanager
def as_domain_errors(limits: Limits) -> Iterator[None]:
    try:
        yield
    except (RunTimedOut, UsageLimitExceeded) as error:
        raise LimitReachedError(
            f"The answer would exceed the limits of a request: {limits.model_calls} model calls, "
            f"{limits.tokens} tokens, {limits.seconds:g} seconds and {limits.cost} US dollars. "
            "Request less at a time."
        ) from error
    except (ModelAPIError, UnexpectedModelBehavior, UserError) as error:
        _log.warning("model_error", kind=type(error).__name__, error=str(error)[:2_000])
        raise _domain_error(error) from error


def _domain_error(error: Exception) -> DomainError:
    match error:
        case ModelRequestTimeout() | TransportTimeoutError():
            return ModelTimeoutError("The language model did not answer in time. Try again.")
        case ModelQuotaExceededError():
            return ModelUnavailableError(
                "The provider's quota is used up: an admin must raise it.", _seconds(error)
            )
        case ModelRateLimitError() | ProviderUnavailableError():
            return ModelUnavailableError("The language model is busy. Try again.", _seconds(error))
        case ModelConnectionError(phase="pool" | "connect" | "write"):
            return ModelUnavailableError("The provider of the language model does not answer.")
        case ModelConnectionError():
            return ModelBrokenOffError("The answer of the language model broke off. Try again.")
    return ModelFailedError(next(told for kind, told in _FAILURES if isinstance(error, kind)))


def _seconds(error: ModelAPIError) -> int | None:
    return None if error.retry_after is None else max(1, math.ceil(error.retry_after))
