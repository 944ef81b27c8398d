"""Middleware around every route. Plain ASGI, outermost first."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from backend.api.middleware.answers import AnswerMiddleware
from backend.api.middleware.envelope import REQUEST_ID_HEADER, EnvelopeMiddleware
from backend.api.middleware.normal_form import NormalFormMiddleware
from backend.core.config import Settings

_READABLE_HEADERS = (
    "Accept-Ranges",
    "Allow",
    "Content-Disposition",
    "Content-Range",
    "ETag",
    "Idempotency-Replayed",
    "Location",
    "Retry-After",
    "WWW-Authenticate",
    REQUEST_ID_HEADER,
)
"""Response headers that a browser would otherwise hide from scripts of another origin."""


def add_middleware(app: FastAPI, settings: Settings) -> None:
    """The last one added is the outermost."""
    app.add_middleware(NormalFormMiddleware)
    if settings.server.requests_per_minute:
        # Not at the top: few installations set a limit.
        from backend.api.middleware.rate_limit import RateLimitMiddleware  # noqa: PLC0415  # slow

        app.add_middleware(RateLimitMiddleware, per_minute=settings.server.requests_per_minute)
    app.add_middleware(AnswerMiddleware)
    if settings.server.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.server.cors_origins,
            allow_methods=["*"],
            # The origins decide whom to trust. Libraries add their own headers, such as
            # traceparent, and one that is not allowed fails the whole request.
            allow_headers=["*"],
            expose_headers=_READABLE_HEADERS,
            max_age=600,
        )
    app.add_middleware(EnvelopeMiddleware, https_only=settings.is_production)
