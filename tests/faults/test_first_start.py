"""`mvp serve` with the embedded PostgreSQL, started for the first time."""

from pathlib import Path

from backend.seeds.users import USERS
from tests.fixtures.processes import SEED_PASSWORD, StartServer


def test_the_first_start_says_where_the_docs_are_and_how_to_sign_in(
    new_data_dir: Path, start_server: StartServer
) -> None:
    server = start_server(DATA_DIR=str(new_data_dir), measured=True)

    printed = server.log.read_text()
    assert f"{server.url}/docs" in printed
    assert SEED_PASSWORD in printed
    assert all(user.email in printed for user in USERS)
    assert server.get("/api/v1/tasks", server.sign_in()).json()["items"]
