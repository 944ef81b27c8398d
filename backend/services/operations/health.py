"""Whether this process can do its work."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from backend.core.logging import get_logger

Check = Callable[[], Awaitable[str | None]]
"""Returns the problem, in words that may be shown to anybody, or None."""

_log = get_logger(__name__)


class HealthService:
    def __init__(self, checks: Mapping[str, Check], patience_seconds: float = 2) -> None:
        self._checks = checks
        self._patience = patience_seconds

    async def problems(self) -> dict[str, str | None]:
        """Run the checks concurrently; return the problem of each, or None, by name."""
        found = await asyncio.gather(*(self._run(name) for name in self._checks))
        return dict(zip(self._checks, found, strict=True))

    async def _run(self, name: str) -> str | None:
        try:
            async with asyncio.timeout(self._patience):
                return await self._checks[name]()
        except Exception as error:  # noqa: BLE001  # whatever breaks a check is its result
            _log.warning("health_check_failed", check=name, error=str(error))
            return "unavailable"
