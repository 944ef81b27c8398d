"""What keeps `mvp serve` from starting is said in a line, without a trace."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.processes import RunMvp, refusal

SECRET = "a secret that is long enough for production"
PRODUCTION = {
    "ENVIRONMENT": "production",
    "FILES_URL": "s3://files",
    "MAIL_URL": "smtp://mail.example",
    "PUBLIC_URL": "https://app.example.com",
}
NO_SERVER = "postgresql://me:hidden@127.0.0.1:1/app"


@pytest.fixture
def taken_port() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield str(listener.getsockname()[1])


def test_a_taken_port_is_named(mvp: RunMvp, taken_port: str, tmp_path: Path) -> None:
    line = refusal(mvp("serve", PORT=taken_port, DATA_DIR=str(tmp_path)))

    assert f"PORT: can't listen on 127.0.0.1:{taken_port} (Address already in use)" in line
    assert list(tmp_path.iterdir()) == []


def test_an_address_of_another_machine_is_named(mvp: RunMvp, tmp_path: Path) -> None:
    line = refusal(mvp("serve", "--host", "192.0.2.1", PORT="0", DATA_DIR=str(tmp_path)))

    assert "HOST: can't listen on 192.0.2.1:0 (" in line


def test_a_data_dir_that_cannot_be_written_is_named(mvp: RunMvp, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    line = refusal(mvp("serve", PORT="0", DATA_DIR=str(tmp_path / "file" / "data")))

    assert f"DATA_DIR: {tmp_path}/file/data/postgres can't be written (Not a directory)" in line


def test_a_database_that_does_not_answer_is_named_without_its_password(mvp: RunMvp) -> None:
    line = refusal(mvp("serve", PORT="0", DATABASE_URL=NO_SERVER))

    assert "DATABASE_URL: the database does not answer (connection failed: connection to" in line
    assert "hidden" not in line


def test_of_two_databases_the_one_that_is_wrong_is_named(
    mvp: RunMvp, fresh_database_url: str
) -> None:
    owner = {"DATABASE_URL": fresh_database_url, "DATABASE_OWNER_URL": NO_SERVER}
    program = {"DATABASE_URL": NO_SERVER, "DATABASE_OWNER_URL": fresh_database_url}

    for command in ("serve", "worker"):
        assert "DATABASE_OWNER_URL: the database does" in refusal(mvp(command, PORT="0", **owner))
        assert "error: DATABASE_URL: the database" in refusal(mvp(command, PORT="0", **program))


def test_production_refuses_the_secret_that_everybody_knows(mvp: RunMvp) -> None:
    line = refusal(mvp("serve", **(PRODUCTION | {"DATABASE_URL": NO_SERVER})))

    assert "SECRET_KEY is the development default, which everybody knows: set it to the" in line


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"PORT": "abc"}, "PORT: Input should be a valid integer"),
        ({"WORKERS": "0"}, "WORKERS: Input should be greater than or equal to 1"),
        ({"SECRETS_DIR": "/[none]"}, "SECRETS_DIR: the folder '/[none]' does not exist; create"),
        ({"PUBLIC_URL": "app.example.com"}, "PUBLIC_URL: Input should be a valid URL"),
        ({"MAIL_SENDER": "MVP"}, "MAIL_SENDER: value is not a valid email address"),
        ({"DATABASE_URL": "mysql://db.example/app"}, "DATABASE_URL is not a PostgreSQL URL: write"),
        (
            {"DATABASE_URL": NO_SERVER, "DATABASE_OWNER_URL": "app"},
            "DATABASE_OWNER_URL is not a PostgreSQL URL: write",
        ),
        ({"DATABASE_URL": "postgresql:///a?b=c"}, 'not answer (invalid URI query parameter: "b")'),
        (
            PRODUCTION | {"SECRET_KEY": SECRET},
            "DATABASE_URL is not set: the embedded PostgreSQL is for development; set it to",
        ),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_with_the_remedy(
    mvp: RunMvp, settings: dict[str, str], reason: str
) -> None:
    assert reason in refusal(mvp("serve", **({"PORT": "0"} | settings)))
