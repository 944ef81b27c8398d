"""`mvp serve`: the API, and in development what else it needs beside it."""

import errno
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from ipaddress import ip_address
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
import uvicorn
from rich.panel import Panel
from uvicorn.supervisors import ChangeReload, Multiprocess

import backend
from backend.cli.beside import Beside, executions_beside
from backend.cli.migrating import migrate
from backend.cli.runtime import database_of, error_console, handed_on, require_bound_role
from backend.cli.stopping import stopping_cleanly
from backend.core.config import ConfigurationError, Settings
from backend.core.garbage import without_collection
from backend.core.logging import configure_logging
from backend.core.product import NAME
from backend.core.production import refuse_unsafe

_KEEP_ALIVE_SECONDS = 75
_REPLACING_SECONDS = 30

app = typer.Typer()


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.  [HOST]")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Port to listen on.  [PORT]")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="Processes that serve.  [WORKERS]")
    ] = None,
    reload: Annotated[bool, typer.Option(help="Restart when code changes.")] = False,
    worker: Annotated[
        bool | None,
        typer.Option("--worker/--no-worker", help="Also run jobs.  [WORKER_ENABLED]"),
    ] = None,
) -> None:
    """Serve the API; by default with an embedded PostgreSQL, migrated and seeded."""
    settings = _settings(host, port, workers, worker, reload=reload)
    if reload and settings.server.workers > 1:
        raise ConfigurationError("--reload serves with one process: leave out --workers or WORKERS")
    configure_logging(settings)
    refuse_unsafe(settings)
    as_it_is = settings.migrate_on_start
    with (
        stopping_cleanly(),
        _listening(settings) as listener,
        database_of(settings, as_it_is=as_it_is) as ready,
    ):
        _prepare(ready)
        require_bound_role(ready)
        _announce(ready, listener)
        _run(_at_port_of(listener, ready), listener, reload=reload)


def _settings(
    host: str | None,
    port: int | None,
    workers: int | None,
    worker: bool | None,
    *,
    reload: bool,
) -> Settings:
    settings = Settings.load()
    given = {"host": host, "port": port, "workers": workers}
    chosen = {name: value for name, value in given.items() if value is not None}
    enabled = settings.worker.enabled if worker is None else worker
    apart = enabled and not reload and settings.worker.executions_apart is not False
    jobs = {"enabled": enabled, "executions_apart": apart}
    return settings.model_copy(
        update={
            "server": settings.server.model_copy(update=chosen),
            "worker": settings.worker.model_copy(update=jobs),
        }
    )


_WRONG_HOST = ("HOST", "use an address of this machine, such as HOST=127.0.0.1")
_REMEDIES = {
    errno.EADDRINUSE: ("PORT", "stop what uses it, or choose another port, such as PORT=8010"),
    errno.EACCES: ("PORT", "choose a port above 1023, such as PORT=8010"),
}


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """Bind first, so that a taken port is reported before anything else starts."""
    host, port = settings.server.host, settings.server.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            # Otherwise others could bind it until the server is up.
            listener.listen()
        except OSError as error:
            variable, remedy = _REMEDIES.get(error.errno or 0, _WRONG_HOST)
            raise ConfigurationError(
                f"{variable}: can't listen on {host}:{port} ({error.strerror}); {remedy}"
            ) from None
        listener.set_inheritable(True)
        yield listener


def _at_port_of(listener: socket.socket, settings: Settings) -> Settings:
    """Port 0 lets the system choose one; links lead to that."""
    server = settings.server.model_copy(update={"port": listener.getsockname()[1]})
    return settings.model_copy(update={"server": server})


def _prepare(settings: Settings) -> None:
    if settings.migrate_on_start:
        migrate(settings)
    if settings.seed_on_start:
        with without_collection():
            from backend.cli.seeding import run_seeders  # noqa: PLC0415  # not in production

        run_seeders(settings)


def _announce(settings: Settings, listener: socket.socket) -> None:
    host, port = listener.getsockname()[:2]
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    lines = [f"Docs      {url}/docs"]
    if settings.seed_on_start:
        from backend.seeds.users import USERS  # noqa: PLC0415  # as above

        lines += [f"Sign in   {user.email}" for user in USERS]
        lines.append(f"Password  {_password_to_show(settings)}")
    error_console.print(Panel("\n".join(lines), title=NAME, expand=False), highlight=False)
    if not settings.is_production and not ip_address(host).is_loopback:
        error_console.print(
            f"Warning: other machines may reach {host}, and everybody knows the secret and the "
            "password of development. Set ENVIRONMENT=production, or HOST=127.0.0.1."
        )


def _password_to_show(settings: Settings) -> str:
    from backend.cli.seeding import admin_has_seed_password  # noqa: PLC0415  # as above

    if admin_has_seed_password(settings):
        return settings.seed.password.get_secret_value()
    return "another one; see `mvp user reset-password`"


def _run(settings: Settings, listener: socket.socket, *, reload: bool) -> None:
    if not reload and settings.server.workers == 1:
        with without_collection():
            from backend.main import create_app  # noqa: PLC0415  # a parent of workers needs none

            config = _uvicorn(settings, create_app(settings))
        with _executions(settings) as beside:
            _Server(config, beside).run(sockets=[listener])
        return
    _hand_on(settings)
    config = _uvicorn(settings, "backend.main:app_from_environment", reload=reload)
    with tempfile.TemporaryDirectory(prefix="mvp-metrics-") as metrics:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = metrics
        if reload:
            ChangeReload(config, uvicorn.Server(config).run, [listener]).run()
        else:
            with _executions(settings) as beside:
                _Processes(config, [listener], beside).run()


def _executions(settings: Settings) -> AbstractContextManager[Beside | None]:
    return executions_beside(settings) if settings.worker.executions_apart else nullcontext()


class _Server(uvicorn.Server):
    """Starts the executions process once it serves, and stops both at the same time."""

    def __init__(self, config: uvicorn.Config, beside: Beside | None) -> None:
        super().__init__(config)
        self._beside = beside

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # Not before: loading both at the same time would delay both.
        if self._beside is not None:
            self._beside.start()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._beside is not None:
            self._beside.ask_to_stop()
        super().handle_exit(sig, frame)


class _Processes(Multiprocess):
    """Like `_Server`, for several processes. Replaces the executions process after them."""

    def __init__(
        self, config: uvicorn.Config, sockets: list[socket.socket], beside: Beside | None
    ) -> None:
        super().__init__(config, sockets)
        self._beside = beside

    def run(self) -> None:
        if self._beside is not None:
            self._beside.start()
        super().run()

    def terminate_all(self) -> None:
        if self._beside is not None:
            self._beside.ask_to_stop()
        super().terminate_all()

    def restart_all(self) -> None:
        # A machine that has much to do takes longer to start a process than a check may take.
        usual = self.config.timeout_worker_healthcheck
        self.config.timeout_worker_healthcheck = _REPLACING_SECONDS
        super().restart_all()
        self.config.timeout_worker_healthcheck = usual
        if self._beside is not None:
            self._beside.renew()


def _hand_on(settings: Settings) -> None:
    """Workers read the environment: write the effective settings there."""
    os.environ |= handed_on(settings)
    os.environ["WORKER_ENABLED"] = str(settings.worker.enabled)
    os.environ["WORKER_EXECUTIONS_APART"] = str(settings.worker.executions_apart)


def _uvicorn(settings: Settings, program: object, *, reload: bool = False) -> uvicorn.Config:
    return uvicorn.Config(
        program,  # type: ignore[arg-type]  # an app, or where to import it
        factory=isinstance(program, str),
        workers=settings.server.workers,
        reload=reload,
        reload_dirs=[str(Path(backend.__file__).parent)] if reload else None,
        # By name: a worker must answer its parent before it has imported everything.
        http="backend.api.limited_http:LimitedHttpProtocol",
        # Longer than proxies keep connections: a request must not meet one that is closing.
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=settings.server.trusted_proxies,
        timeout_graceful_shutdown=settings.server.shutdown_seconds,
    )
