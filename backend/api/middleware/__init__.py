"""What happens to every request, whichever route takes it. Plain ASGI, outermost first."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from backend.api.middleware.body_limit import BodyLimitMiddleware
from backend.api.middleware.error_boundary import ErrorBoundaryMiddleware
from backend.api.middleware.interruption import InterruptionMiddleware
from backend.api.middleware.rate_limit import RateLimitMiddleware
from backend.api.middleware.request_context import REQUEST_ID_HEADER, RequestContextMiddleware
from backend.api.middleware.security_headers import SecurityHeadersMiddleware
from backend.core.config import Settings


def add_middleware(app: FastAPI, settings: Settings) -> None:
    """The last one added is the outermost."""
    app.add_middleware(ErrorBoundaryMiddleware)
    app.add_middleware(InterruptionMiddleware)
    app.add_middleware(BodyLimitMiddleware)
    if settings.server.requests_per_minute:
        app.add_middleware(RateLimitMiddleware, per_minute=settings.server.requests_per_minute)
    if settings.server.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.server.cors_origins,
            allow_methods=["*"],
            allow_headers=[
                "Authorization",
                "Content-Type",
                "Idempotency-Key",
                "If-Match",
                "If-None-Match",
                "If-Range",
                "Range",
                REQUEST_ID_HEADER,
            ],
            expose_headers=[
                "Accept-Ranges",
                "Content-Disposition",
                "Content-Range",
                "ETag",
                "Idempotency-Replayed",
                "Location",
                "Retry-After",
                REQUEST_ID_HEADER,
            ],
            max_age=600,
        )
    app.add_middleware(SecurityHeadersMiddleware, https_only=settings.is_production)
    app.add_middleware(RequestContextMiddleware)
