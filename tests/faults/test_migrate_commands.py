import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory

from backend.core import migrations
from backend.core.database import database_url
from backend.core.migrations import alembic_config
from tests.fixtures.postgres import execute
from tests.fixtures.processes import ROOT, RunMvp, refusal

_SCRIPTS = ScriptDirectory.from_config(alembic_config())
HEAD_REVISION = _SCRIPTS.get_current_head()
LAST_BEFORE_THE_SQUASH = "89c53bf98596"
UNSEEN = """
    SELECT format('CREATE TYPE %s AS RANGE (subtype = %s)', rngtypid::regtype, rngsubtype::regtype)
    FROM pg_range JOIN pg_type t ON t.oid = rngtypid
    WHERE typnamespace = 'public'::regnamespace
    UNION ALL
    (SELECT pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_language l ON l.oid = prolang
    WHERE pronamespace = 'public'::regnamespace AND lanname = 'sql' AND provolatile = 'i'
    ORDER BY p.oid)
"""
"""What columns, indexes and constraints use, and no model describes."""


@pytest.fixture
def role_url(server_url: str, fresh_database_url: str) -> Iterator[str]:
    """For a user of one's own, who may do nothing yet."""
    name = f"mvp_role_{uuid4().hex[:12]}"
    execute(server_url, "CREATE ROLE {} LOGIN PASSWORD 'secret'", name)
    url = database_url(fresh_database_url).set(
        drivername="postgresql", username=name, password="secret"
    )
    yield url.render_as_string(hide_password=False)
    execute(server_url, "DROP ROLE {}", name)


@pytest.fixture
def versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the migrations, to which a test may add."""
    shutil.copytree(ROOT / "alembic", tmp_path / "alembic")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    monkeypatch.setattr(migrations, "_ROOT", tmp_path)
    return tmp_path / "alembic" / "versions"


def test_upgrade_brings_an_empty_database_to_the_newest_migration(
    mvp: RunMvp, empty_database_url: str
) -> None:
    assert mvp("migrate", "upgrade", DATABASE_URL=empty_database_url).returncode == 0

    assert _revision(empty_database_url) == HEAD_REVISION


def test_downgrade_takes_migrations_back(
    mvp: RunMvp, versions: Path, empty_database_url: str
) -> None:
    first, second = "aaaaaaaaaaaa", "bbbbbbbbbbbb"
    _add(versions, first, after=HEAD_REVISION)
    _add(versions, second, after=first)
    for command_line, revision, tables, told in (
        (("upgrade",), second, {first, second}, "bbbbbbbbbbbb, the newest"),
        (("downgrade", "-1"), first, {first}, "aaaaaaaaaaaa"),
        (("downgrade", "base"), None, set(), "base"),
        (("upgrade",), second, {first, second}, "bbbbbbbbbbbb, the newest"),
    ):
        ran = mvp("migrate", *command_line, DATABASE_URL=empty_database_url)
        assert ran.returncode == 0, ran.stderr
        assert f"The database is at {told}." in ran.stderr
        assert _revision(empty_database_url) == revision
        assert _added(empty_database_url) == tables


def test_branches_that_were_merged_in_git_are_named_and_joined(
    mvp: RunMvp, versions: Path, empty_database_url: str
) -> None:
    for name in ("aaaaaaaaaaaa", "bbbbbbbbbbbb"):
        _add(versions, name, after=HEAD_REVISION)
    for command_line in (("upgrade",), ("check",), ("revision", "-m", "Invoices")):
        line = refusal(mvp("migrate", *command_line, DATABASE_URL=empty_database_url))
        assert "have 2 heads, aaaaaaaaaaaa and bbbbbbbbbbbb, as branches were merged" in line
        assert "run `mvp migrate merge`" in line

    joined = mvp(
        "migrate", "merge", "-m", "Take over the new release", DATABASE_URL=empty_database_url
    )

    assert joined.returncode == 0, joined.stderr
    [migration] = versions.glob("*_take_over_the_new_release.py")
    assert "import sqlalchemy" not in migration.read_text()
    assert mvp("migrate", "upgrade", DATABASE_URL=empty_database_url).returncode == 0
    line = refusal(mvp("migrate", "downgrade", "-1", DATABASE_URL=empty_database_url))
    assert "several migrations come before" in line
    again = mvp("migrate", "merge", DATABASE_URL=empty_database_url)
    assert again.stderr.startswith("The migrations have one head")


def test_an_unknown_revision_is_told_in_a_line(mvp: RunMvp, fresh_database_url: str) -> None:
    line = refusal(mvp("migrate", "upgrade", "nonsense", DATABASE_URL=fresh_database_url))

    assert "Can't locate revision identified by 'nonsense'" in line


@pytest.mark.parametrize(
    "command_line",
    [("upgrade",), ("downgrade", "-1"), ("history",), ("revision", "-m", "Invoices")],
    ids=lambda command_line: command_line[0],
)
@pytest.mark.parametrize(
    ("revision", "said"),
    [
        ("5707feb5b79e", "from before the migrations were squashed: run `mvp migrate upgrade`"),
        ("feedfacecafe", "which this code does not have: use the code that migrated the database"),
    ],
)
def test_a_database_at_a_revision_that_the_code_does_not_have_is_refused_in_a_line(
    mvp: RunMvp, fresh_database_url: str, command_line: tuple[str], revision: str, said: str
) -> None:
    _set_revision(fresh_database_url, revision)

    line = refusal(mvp("migrate", *command_line, DATABASE_URL=fresh_database_url))

    assert f"The database is at revision {revision}, {said}" in line


def test_a_database_at_the_last_revision_before_the_squash_goes_on_from_there(
    mvp: RunMvp, empty_database_url: str
) -> None:
    before = mvp("migrate", "upgrade", LAST_BEFORE_THE_SQUASH, DATABASE_URL=empty_database_url)
    assert before.returncode == 0, before.stderr

    assert mvp("migrate", "upgrade", DATABASE_URL=empty_database_url).returncode == 0
    assert _revision(empty_database_url) == HEAD_REVISION


def test_history_marks_where_the_database_is(run_mvp: RunMvp, fresh_database_url: str) -> None:
    listed = run_mvp("migrate", "history", DATABASE_URL=fresh_database_url)

    [current] = [line for line in listed.stdout.splitlines() if "(current)" in line]
    assert f"-> {HEAD_REVISION} (head)" in current


def test_check_is_content_with_the_models_and_leaves_nothing_behind(
    mvp: RunMvp, server_url: str, role_url: str
) -> None:
    execute(server_url, "ALTER ROLE {} CREATEDB", str(database_url(role_url).username))

    assert mvp("migrate", "check", DATABASE_URL=role_url).returncode == 0

    assert _databases_of(role_url) == []


def test_a_user_who_may_not_migrate_is_told_so(mvp: RunMvp, role_url: str) -> None:
    line = refusal(mvp("migrate", "upgrade", DATABASE_URL=role_url))

    assert "where it is set: its user may not do this: permission denied for table" in line


def test_check_says_so_if_it_may_not_create_a_database(mvp: RunMvp, role_url: str) -> None:
    line = refusal(mvp("migrate", "check", DATABASE_URL=role_url))

    assert "DATABASE_URL: its user may not create the scratch database" in line


def test_revision_writes_what_the_models_have_and_the_migrations_lack(
    mvp: RunMvp, versions: Path, empty_database_url: str, fresh_database_url: str
) -> None:
    for migration in versions.glob("*.py"):
        migration.unlink()
    found = mvp("migrate", "check", DATABASE_URL=empty_database_url)
    assert found.returncode == 1
    assert found.stderr.startswith("error: New upgrade operations detected: ")

    written = mvp("migrate", "revision", "-m", "All at once", DATABASE_URL=empty_database_url)

    assert written.returncode == 0, written.stderr
    [migration] = versions.glob("*_all_at_once.py")
    assert 'op.create_table(\n        "tasks",' in migration.read_text()
    config = alembic_config(empty_database_url)
    _copy_unseen(fresh_database_url, empty_database_url)
    command.upgrade(config, "head")
    command.check(config)


def _add(versions: Path, revision: str, *, after: str | None) -> None:
    """A migration that makes a table."""
    (versions / f"{revision}.py").write_text(
        f'revision = "{revision}"\ndown_revision = "{after}"\n'
        f'def upgrade(): __import__("alembic").op.execute("CREATE TABLE of_{revision} ()")\n'
        f'def downgrade(): __import__("alembic").op.execute("DROP TABLE of_{revision}")\n'
    )


def _added(url: str) -> set[str]:
    """The migrations whose tables are there."""
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT relname FROM pg_class WHERE relname ~ '^of_'")
        return {str(name).removeprefix("of_") for (name,) in found}


def _copy_unseen(migrated: str, empty: str) -> None:
    """Alembic does not see them; they stand in a migration written by hand."""
    with psycopg.connect(migrated) as source, psycopg.connect(empty) as target:
        for (definition,) in source.execute(UNSEEN).fetchall():
            target.execute(definition)


def _set_revision(url: str, revision: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = %s", (revision,))


def _revision(url: str) -> str | None:
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(found[0]) if found else None


def _databases_of(url: str) -> list[object]:
    with psycopg.connect(url) as connection:
        owned = connection.execute(
            "SELECT datname FROM pg_database WHERE pg_get_userbyid(datdba) = current_user"
        )
        return list(owned)
