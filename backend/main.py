"""The composition root of the API."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from backend import __version__
from backend.api import docs, health, metrics
from backend.api.errors import add_error_handlers
from backend.api.fast_path.asgi import FastPath
from backend.api.fast_path.index import RouteIndex
from backend.api.injection import injected_classes
from backend.api.middleware import add_middleware
from backend.api.openapi import use_documented_openapi
from backend.api.router import PREFIX, add_resources, tags
from backend.core.config import Settings
from backend.core.database import Database
from backend.core.logging import configure_logging
from backend.core.orphans import stop_with_parent
from backend.core.permissions import Means
from backend.core.product import DESCRIPTION, NAME
from backend.core.production import refuse_unsafe
from backend.core.scopes import Organisations
from backend.core.stopping import Interruption, told_of_stop
from backend.process_state import ProcessState, process_state
from backend.services.container import Services
from backend.wiring import migrated, units_of_work, wire
from backend.worker import make_supervisor, queues_of_server

_DESCRIPTION = f"""
{DESCRIPTION}

Sign in with **Authorize** in Swagger UI, or at `/api/v1/auth/token`. Every error is a problem as
RFC 9457 defines it; every answer has an `X-Request-ID`, which leads to the request in the log.

Send `If-Match` with the ETag that you have seen, and nobody's change is lost; send an
`Idempotency-Key` with what you create, and a retry creates nothing twice.
"""
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

_ENDING_SECONDS = 0.7
_ANSWERS_SECONDS = 0.3


def create_app(settings: Settings) -> FastAPI:
    """Build the API. Nothing is opened before the app starts.

    Raises:
        ConfigurationError: the settings are not fit for production.
    """
    refuse_unsafe(settings)
    database = Database(settings.database, show_parameters=settings.general.debug)
    state = process_state(settings)
    supervisor = None
    if settings.worker.enabled:
        queues = queues_of_server(settings.worker)
        supervisor = make_supervisor(settings, database, state, queues)
    checks = {"database": migrated(database)}
    if supervisor:
        checks["worker"] = supervisor.check
    services = wire(settings, units_of_work(database, Means.API, state.caches), checks, state)
    for asked_for in injected_classes():
        services.of(asked_for)
    lifespan = _lifespan(settings, services, database, state)
    app = _new_app(settings.database.organisations, lifespan)
    app.state.settings = settings
    app.state.services = services
    app.state.interruption = Interruption(state.stopped)
    app.state.beside = [supervisor.running] if supervisor else []
    add_middleware(app, settings)
    add_error_handlers(app)
    _add_routes(app, settings, database)
    if settings.mcp.enabled:
        _add_mcp(app, services, settings)
    return app


def _new_app(organisations: Organisations, lifespan: Lifespan) -> FastAPI:
    return FastAPI(
        title=NAME,
        version=__version__,
        description=_DESCRIPTION,
        openapi_tags=tags(organisations),
        license_info={"name": "MIT", "identifier": "MIT"},
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        generate_unique_id_function=lambda route: route.name,
    )


def _lifespan(
    settings: Settings, services: Services, database: Database, state: ProcessState
) -> Lifespan:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with told_of_stop(state.stopped):
            async with state.listener.running(), AsyncExitStack() as running:
                for beside in app.state.beside:
                    await running.enter_async_context(beside())
                preparing = asyncio.create_task(state.language_models.prepare())
                ending = asyncio.create_task(_interrupt(app, services, state, settings))
                # All objects so far stay: exempt them from garbage collection.
                gc.freeze()
                yield
                ending.cancel()
                await asyncio.gather(preparing, ending, return_exceptions=True)
        await services.assistant.writer.close()
        await state.close()
        await database.close()

    return lifespan


async def _interrupt(
    app: FastAPI, services: Services, state: ProcessState, settings: Settings
) -> None:
    """On a stop, before the server cancels requests: interrupt answers, then others."""
    await state.stopped.wait()
    await asyncio.sleep(settings.server.shutdown_seconds - _ENDING_SECONDS)
    closing = asyncio.create_task(services.assistant.writer.close())
    # Clients that wait for an answer get its stored state.
    await asyncio.sleep(_ANSWERS_SECONDS)
    app.state.interruption.interrupt()
    await closing


def _add_mcp(app: FastAPI, services: Services, settings: Settings) -> None:
    from backend.api.mcp.endpoint import McpEndpoint  # noqa: PLC0415  # few need the library

    server = settings.server
    endpoint = McpEndpoint(services, server.max_body_bytes, server.cors_origins)
    endpoint.add_to(app)
    app.state.beside.append(endpoint.running)


def _add_routes(app: FastAPI, settings: Settings, database: Database) -> None:
    max_bytes = settings.server.max_body_bytes
    organisations = settings.database.organisations
    add_resources(app, max_bytes, settings.files.max_bytes, organisations)
    app.include_router(health.router)
    if settings.server.metrics_enabled:
        metrics.observe_connections(database)
        app.include_router(metrics.router)
    use_documented_openapi(app)
    docs.Docs().add_to(app)
    # After all routers are added: a route itself does not know its prefix.
    contexts = list(iter_route_contexts(app.routes))
    app.state.route_paths = {id(context.route): context.path for context in contexts}
    index = RouteIndex(contexts, PREFIX, app.state.services)
    app.router.middleware_stack = FastPath(app.router.middleware_stack, index, max_bytes)


def app_from_environment() -> FastAPI:
    """Build the app for a process of the server."""
    settings = Settings.load()
    configure_logging(settings)
    stopping = settings.worker.shutdown_seconds if settings.worker.enabled else 0
    stop_with_parent(settings.server.shutdown_seconds + stopping + 1)
    return create_app(settings)
