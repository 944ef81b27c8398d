"""nginx, Caddy and Apache with the configuration files of `deploy/proxies`, as they stand.

Only what belongs to one machine is replaced: ports, the name, the certificate, the program.
"""

import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.fixtures.certificates import write_certificate
from tests.fixtures.processes import ROOT, START_SECONDS, Server, free_port
from tests.fixtures.waiting import wait_until

_NAME = "api.example.com"
_CERTIFICATE = f"/etc/ssl/certs/{_NAME}.pem"
_KEY = f"/etc/ssl/private/{_NAME}.key"
_APACHE_MODULES = (
    *("mpm_event", "authz_core", "alias", "mime", "headers", "deflate", "filter", "rewrite"),
    *("setenvif", "socache_shmcb", "proxy", "proxy_http", "ssl"),
)


@dataclass(frozen=True)
class Proxy:
    """A running proxy. `certificate` vouches for it."""

    name: str
    port: int
    plain_port: int
    certificate: Path
    _process: "_Process"

    def restart(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it as a crash does, or by another signal, and start it again on the same ports."""
        self._process.end(how)
        self._process.start()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.certificate))

    def client(self, address: str = "127.0.0.1") -> httpx2.Client:
        """Whose requests come from an address of this machine."""
        transport = httpx2.HTTPTransport(verify=self.context(), local_address=address)
        return httpx2.Client(base_url=self.url, transport=transport, timeout=START_SECONDS)


@dataclass(frozen=True)
class _Place:
    folder: Path
    port: int
    plain_port: int
    program: str

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def configuration(self, name: str, more: Mapping[str, str]) -> str:
        """A file of `deploy/proxies`, for this machine. What is replaced has to be there."""
        text = (ROOT / "deploy" / "proxies" / name).read_text()
        for old, new in {"127.0.0.1:8000": self.program, **more}.items():
            assert old in text, f"{name} has no {old!r} any more"
            text = text.replace(old, new)
        return text

    @property
    def certificate(self) -> Path:
        return self.folder / "certificate.pem"

    @property
    def key(self) -> Path:
        return self.folder / "key.pem"

    @property
    def files(self) -> dict[str, str]:
        return {_CERTIFICATE: str(self.certificate), _KEY: str(self.key)}


def _nginx(place: _Place) -> list[str]:
    ports = {"listen 80;": f"listen {place.plain_port};", "443 ssl": f"{place.port} ssl"}
    site = place.write("site.conf", place.configuration("nginx.conf", ports | place.files))
    temporary = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    lines = [f"{name}_temp_path {place.folder}/{name};" for name in temporary]
    http = ["include /etc/nginx/mime.types;", "access_log off;", *lines, f"include {site};"]
    user = "user root;" if os.geteuid() == 0 else ""
    main = f"{user} pid {place.folder}/pid; events {{}} http {{ {' '.join(http)} }}"
    path = place.write("nginx.conf", main)
    return ["nginx", "-p", str(place.folder), "-c", str(path), "-e", "stderr", "-g", "daemon off;"]


def _caddy(place: _Place) -> list[str]:
    site = f"https://127.0.0.1:{place.port} {{\n\ttls {place.certificate} {place.key}"
    grace = "\tgrace_period 10s\n"
    options = f"\tadmin off\n\tdefault_sni 127.0.0.1\n\thttp_port {place.plain_port}\n"
    text = place.configuration("Caddyfile", {f"{_NAME} {{": site, grace: grace + options})
    path = place.write("Caddyfile", text)
    return ["caddy", "run", "--config", str(path), "--adapter", "caddyfile"]


def _apache(place: _Place) -> list[str]:
    ports = {"*:80": f"127.0.0.1:{place.plain_port}", "*:443": f"127.0.0.1:{place.port}"}
    site = place.write("site.conf", place.configuration("apache.conf", ports | place.files))
    main = [
        *(f"LoadModule {n}_module /usr/lib/apache2/modules/mod_{n}.so" for n in _APACHE_MODULES),
        f"ServerRoot {place.folder}",
        f"PidFile {place.folder}/pid",
        "ServerName 127.0.0.1",
        "Mutex posixsem",
        "ErrorLog /dev/stderr",
        "TypesConfig /etc/mime.types",
        f"Listen 127.0.0.1:{place.port}",
        f"Listen 127.0.0.1:{place.plain_port}",
        *(["User nobody", "Group nogroup"] if os.geteuid() == 0 else []),
        f"Include {site}",
    ]
    path = place.write("apache.conf", "\n".join(main))
    return ["apache2", "-D", "FOREGROUND", "-f", str(path)]


PROXIES: Mapping[str, Callable[[_Place], list[str]]] = {
    "nginx": _nginx,
    "caddy": _caddy,
    "apache2": _apache,
}


class _Process:
    """What runs a proxy; its processes are a group, as some have workers."""

    def __init__(self, command: list[str], place: _Place, variables: dict[str, str]) -> None:
        self._command = command
        self._place = place
        folder = str(place.folder)
        self._variables = {"HOME": folder, "XDG_DATA_HOME": folder} | variables
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        log = self._place.folder / "log"
        with log.open("ab") as output:
            self._running = subprocess.Popen(
                self._command,
                env=self._variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        wait_until_it_listens(self._running, self._place.port, log)

    def end(self, how: signal.Signals) -> None:
        if self._running is not None:
            os.killpg(self._running.pid, how)
            self._running.wait(START_SECONDS)
            self._running = None
            # Workers may outlive it by a moment, and have the port.
            wait_until(lambda: not _is_listening(self._place.port))


@contextmanager
def running_proxy(name: str, server: Server, folder: Path) -> Iterator[Proxy]:
    """Start a proxy in front of a server; its log goes to the folder."""
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    if shutil.which(name, path=path) is None:
        pytest.fail(f"{name} is missing: install Debian's package {name}", pytrace=False)
    place = _Place(folder, free_port(), free_port(), server.url.removeprefix("http://"))
    write_certificate(place.certificate, place.key)
    process = _Process(PROXIES[name](place), place, {"PATH": path})
    try:
        process.start()
        yield Proxy(name, place.port, place.plain_port, place.certificate, process)
    finally:
        process.end(signal.SIGTERM)


def wait_until_it_listens(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if _is_listening(port):
            return
        time.sleep(0.05)
    raise AssertionError(f"it did not start:\n{log.read_text()}")


def _is_listening(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False
