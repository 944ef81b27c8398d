"""The embedded PostgreSQL as a library; as part of `mvp serve` it is tested in test_serving.py."""

import tempfile
from pathlib import Path

import psycopg
import pytest

from backend.core.config import ConfigurationError
from backend.core.embedded import embedded_postgres
from backend.core.embedded_binaries import run_postgres
from backend.seeds.users import USERS
from tests.fixtures.postgres import postgres_runs
from tests.fixtures.processes import RunMvp


def test_the_last_user_stops_the_server(data_dir: Path) -> None:
    with embedded_postgres(data_dir) as url:
        with embedded_postgres(data_dir) as same:
            assert same == url
        assert _ask(url, "SELECT count(*) FROM users") == str(len(USERS))

    assert not postgres_runs(data_dir)


def test_users_that_leave_one_right_after_the_other_leave_no_server_running(
    data_dir: Path,
) -> None:
    for _ in range(4):
        with embedded_postgres(data_dir), embedded_postgres(data_dir):
            pass

        assert not postgres_runs(data_dir)


def test_a_client_that_is_still_connected_keeps_the_server(data_dir: Path) -> None:
    with embedded_postgres(data_dir) as url:
        client = psycopg.connect(url)

    with client:
        assert client.execute("SELECT 1").fetchone() == (1,)
    with embedded_postgres(data_dir):
        pass
    assert not postgres_runs(data_dir)


def test_a_server_that_somebody_has_stopped_is_no_error(data_dir: Path) -> None:
    with embedded_postgres(data_dir):
        cluster = data_dir / "postgres" / "cluster"
        run_postgres("pg_ctl", "stop", "-w", "-m", "immediate", "-D", str(cluster))

    assert not postgres_runs(data_dir)


def test_it_heeds_options_and_listens_on_no_network(data_dir: Path) -> None:
    with embedded_postgres(data_dir, ["fsync=off", "work_mem=7MB"]) as url:
        assert _ask(url, "SHOW fsync") == "off"
        assert _ask(url, "SHOW work_mem") == "7MB"
        assert _ask(url, "SHOW listen_addresses") == ""


@pytest.mark.parametrize(
    "name", ["long" * 40, "with space", "ü,%20'&"], ids=["long", "space", "symbols"]
)
def test_a_folder_may_have_any_name(
    data_dir: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(data_dir))
    folder = data_dir / name
    folder.mkdir()
    (data_dir / "postgres").rename(folder / "postgres")

    with embedded_postgres(folder) as url:
        assert _ask(url, "SELECT count(*) FROM users") == str(len(USERS))

    assert not postgres_runs(folder)


def test_a_half_made_cluster_is_made_anew(new_data_dir: Path) -> None:
    half_made = new_data_dir / "postgres" / "cluster.new"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").touch()

    with embedded_postgres(new_data_dir) as url:
        assert _ask(url, "SHOW server_encoding") == "UTF8"


def test_a_folder_that_cannot_be_written_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with (
        pytest.raises(ConfigurationError, match=r"DATA_DIR: .*file.* can't be written \(Not a dir"),
        embedded_postgres(tmp_path / "file"),
    ):
        pass


def _ask(url: str, question: str) -> str:
    with psycopg.connect(url) as connection:
        answer = connection.execute(question).fetchone()
    assert answer is not None
    return str(answer[0])


def test_without_a_database_url_the_embedded_postgres_runs_as_long_as_the_command(
    mvp: RunMvp, data_dir: Path
) -> None:
    done = mvp("db", "shell", "-At", "-c", "select count(*) from users", DATA_DIR=str(data_dir))

    assert done.stdout.strip() == str(len(USERS))
    assert not postgres_runs(data_dir)
