"""Errors that a provider reports within a started response with status 200."""

import re
from typing import Any

from pydantic_ai.exceptions import (
    AgentRunError,
    ContentFilterError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelContextWindowExceededError,
    ModelNotFoundError,
    ModelOverloadedError,
    ModelQuotaExceededError,
    ModelRateLimitError,
)

_LONGEST = 2_000
_BY_STATUS: dict[str, type[ModelAPIError]] = {
    "401": ModelAuthenticationError,
    "402": ModelQuotaExceededError,
    "403": ModelAuthenticationError,
    "404": ModelNotFoundError,
    "429": ModelRateLimitError,
    "503": ModelOverloadedError,
    "529": ModelOverloadedError,
}
# The first match counts: an exhausted quota is also reported as a rate limit.
_BY_WORDS: tuple[tuple[re.Pattern[str], type[ModelAPIError]], ...] = (
    (
        re.compile("quota|billing|insufficient[_ ]balance"),
        ModelQuotaExceededError,
    ),
    (re.compile("rate[_ ]limit|too[_ ]many[_ ]req|throttl"), ModelRateLimitError),
    (
        re.compile("overload|unavailable|over capacity|insufficient_system|server is busy"),
        ModelOverloadedError,
    ),
    (
        re.compile("context_length|context_window|maximum context|reduce the length"),
        ModelContextWindowExceededError,
    ),
    (re.compile("invalid_api_key|authentication|unauthori[sz]ed"), ModelAuthenticationError),
    (re.compile("model_not_found"), ModelNotFoundError),
)
_FILTERED = re.compile("content_filter|content_policy|data_inspection")


def failure(model: str, told: Any) -> AgentRunError:
    """Return the exception for an error: a text, or an object with code, type or message."""
    error = told if isinstance(told, dict) else {"message": str(told)}
    names = ("code", "status", "type", "error_type", "message", "detail")
    words = " ".join(str(error[name]) for name in names if error.get(name))[:_LONGEST].lower()
    if _FILTERED.search(words):
        return ContentFilterError(words)
    kind = _BY_STATUS.get(str(error.get("code") or error.get("status")))
    if kind is None:
        kind = next((kind for some, kind in _BY_WORDS if some.search(words)), ModelAPIError)
    return kind(model, words or "It gives no reason.", in_stream=True)
