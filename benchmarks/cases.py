"""What is measured: single requests, which wrk sends again and again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpx2
import psycopg
from pwdlib.hashers.argon2 import Argon2Hasher

from backend.seeds.users import ADMIN, MANAGER
from benchmarks.server import PASSWORD

TASKS = 250
SIGN_IN_CONNECTIONS = 2
_TASK = {"title": "Send the offer", "description": "Three seats, paid yearly.", "priority": "high"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_JSON = {"Content-Type": "application/json"}
_BOUNDARY = "benchmark"
_UPLOAD = (
    f"--{_BOUNDARY}\r\n"
    'Content-Disposition: form-data; name="file"; filename="notes.txt"\r\n'
    f"Content-Type: text/plain\r\n\r\n{'text ' * 204}\r\n--{_BOUNDARY}--\r\n"
)


@dataclass(frozen=True)
class Case:
    """One request, the status it is answered with, and the most connections that make sense."""

    name: str
    method: str
    path: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    other_body: str | None = None
    """Sent in turn with `body`, for what changes nothing the second time."""
    max_connections: int | None = None

    def send(self, client: httpx2.Client) -> httpx2.Response:
        """Send it once.

        Raises:
            RuntimeError: the answer has another status.
        """
        answer = client.request(
            self.method, self.path, headers=dict(self.headers), content=self.body
        )
        if answer.status_code != self.status:
            raise RuntimeError(f"{self.name}: {answer.status_code} {answer.text}")
        return answer


def more_cases(cases: Sequence[Case]) -> list[Case]:
    """Requests that do more than the first ones; `cases` are those of `prepare`."""
    _, read_one, _, create = cases
    signed = dict(read_one.headers)
    form = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
    ask = json.dumps({"request": "How many customers are there?"})
    one, other = (json.dumps({"priority": priority}) for priority in ("low", "high"))
    listed = f"{create.path}?status=open&priority=high&q=offer&limit=50"
    return [
        Case("patch", "PATCH", read_one.path, 200, signed | _JSON, one, other, 1),
        Case("filter and search", "GET", listed, headers=signed),
        Case("ask the agent", "POST", "/api/v1/agent/act", 200, signed | _JSON, ask, None, 4),
        Case("upload 1 KiB", "POST", "/api/v1/files", 201, signed | form, _UPLOAD, None, 4),
    ]


def prepare(url: str) -> list[Case]:
    """Sign in, add the tasks, and answer the cases, each of which was sent at least once."""
    with httpx2.Client(base_url=url, timeout=30) as client:
        sign_in = _sign_in("sign in", ADMIN.email)
        signed = {"Authorization": f"Bearer {sign_in.send(client).json()['access_token']}"}
        create = Case("create", "POST", "/api/v1/tasks", 201, signed | _JSON, json.dumps(_TASK))
        places = [create.send(client).headers["Location"] for _ in range(TASKS)]
        read_one = Case("read one", "GET", places[0], headers=signed)
        page = Case("page of 50", "GET", "/api/v1/tasks?limit=50", headers=signed)
        for case in (read_one, page):
            case.send(client)
    # Creating comes last: the others shall find the same table in every run.
    return [sign_in, read_one, page, create]


def cheap_sign_in(database_url: str) -> Case:
    """The sign-in of a person whose hash costs next to nothing: what it takes without argon2.

    The hash itself says what it costs, so that the server under test is as it is.
    """
    cheap = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "UPDATE users SET password_hash = %s WHERE email = %s", (cheap, MANAGER.email)
        )
    return _sign_in("sign in without argon2", MANAGER.email)


def _sign_in(name: str, email: str) -> Case:
    form = urlencode({"username": email, "password": PASSWORD})
    path, status = "/api/v1/auth/token", 200
    return Case(name, "POST", path, status, _FORM, form, None, SIGN_IN_CONNECTIONS)
