"""Token usage as providers report it: once, with each chunk, or not at all."""

from collections.abc import Mapping
from math import ceil
from typing import Any

from pydantic_ai.usage import RequestUsage

_BYTES_PER_TOKEN = 4
"""Bytes per token, on average in English; fewer in most other languages."""
_MAX_TOKENS = 10**12


class ToldUsage:
    """Repeated counts grow from chunk to chunk: the largest is used."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def take(self, told: Any) -> None:
        """Read the usage of one chunk; ignores anything but an object."""
        if not isinstance(told, dict):
            return
        thought = _details(told, "completion_tokens_details", "output_tokens_details")
        cached = _details(told, "prompt_tokens_details", "input_tokens_details")
        self._count("read", told, "prompt_tokens", "input_tokens")
        self._count("written", told, "completion_tokens", "output_tokens")
        self._count("total", told, "total_tokens")
        self._count("thought", thought | told, "reasoning_tokens")
        self._count("cached", cached | told, "cached_tokens", "prompt_cache_hit_tokens")

    @property
    def is_told(self) -> bool:
        return any(self._counts.values())

    def told(self) -> RequestUsage:
        """The usage so far."""
        read = self._counts.get("read", 0)
        written = self._counts.get("written", 0) + self._beside()
        return RequestUsage(
            input_tokens=read,
            cache_read_tokens=min(self._counts.get("cached", 0), read),
            output_tokens=written,
            output_reasoning_tokens=min(self._counts.get("thought", 0), written),
        )

    def _beside(self) -> int:
        """Thoughts are part of the output tokens or reported apart: the total shows which."""
        written, thought = self._counts.get("written", 0), self._counts.get("thought", 0)
        if total := self._counts.get("total"):
            return max(0, total - self._counts.get("read", 0) - written)
        return thought if thought > written else 0

    def _count(self, what: str, told: Mapping[str, Any], *names: str) -> None:
        """Return the first of the fields that is a number."""
        for name in names:
            match told.get(name):
                case bool():
                    continue
                case int() | float() as count if 0 <= count < _MAX_TOKENS:
                    self._counts[what] = max(self._counts.get(what, 0), int(count))
                    return


def estimated(size: int) -> int:
    """Estimate the tokens of so many bytes."""
    return ceil(size / _BYTES_PER_TOKEN)


def _details(told: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return next((told[name] for name in names if isinstance(told.get(name), dict)), {})
