"""A general limit of requests per client, against loops and scrapers.

It counts in this process only: cheap, and with N workers up to N times as generous. Exact limits,
such as those of failed sign-ins, are counted in the database.
"""

from math import ceil
from time import time

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.api.problems import RATE_LIMITED, problem_response
from backend.core.addresses import network_of

_UNLIMITED = ("/health/", "/metrics")


class RateLimitMiddleware:
    def __init__(self, app: ASGIApp, per_minute: int) -> None:
        self.app = app
        self._limit = RateLimitItemPerMinute(per_minute)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_UNLIMITED):
            await self.app(scope, receive, send)
            return
        client = network_of(scope["client"][0] if scope.get("client") else None)
        if await self._limiter.hit(self._limit, client):
            await self.app(scope, receive, send)
            return
        window = await self._limiter.get_window_stats(self._limit, client)
        seconds = max(1, ceil(window.reset_time - time()))
        response = problem_response(
            Request(scope), RATE_LIMITED, headers={"Retry-After": str(seconds)}
        )
        await response(scope, receive, send)
