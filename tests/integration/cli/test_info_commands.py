import json
from pathlib import Path

from tests.fixtures.processes import RunMvp, refusal

SECRETS = {
    "SECRET_KEY": "the key to everything, which is long",
    "SEED_PASSWORD": "the password of seeded users",
    "DATABASE_URL": "postgresql://me:hidden@127.0.0.1:1/app",
}


def test_openapi_is_printed_without_a_database(mvp: RunMvp) -> None:
    printed = mvp("openapi", DATABASE_URL=SECRETS["DATABASE_URL"])

    assert "/api/v1/tasks" in json.loads(printed.stdout)["paths"]


def test_openapi_is_written_to_a_file(mvp: RunMvp, tmp_path: Path) -> None:
    printed = mvp("openapi", "--output", str(tmp_path / "openapi.json"))

    assert printed.stdout == ""
    assert json.loads((tmp_path / "openapi.json").read_text())["openapi"].startswith("3.1")


def test_config_shows_what_is_in_effect(mvp: RunMvp) -> None:
    shown = _values(mvp("config", PORT="8765", TOKEN_ISSUER="[/]").stdout)

    assert shown["PORT"] == "8765"
    assert shown["TOKEN_ISSUER"] == "[/]"
    assert shown["DATABASE_CONNECT_TIMEOUT_SECONDS"] == "3"


def test_config_masks_secrets(mvp: RunMvp) -> None:
    printed = mvp("config", **SECRETS).stdout

    shown = _values(printed)
    assert {shown[name] for name in SECRETS} == {"**********"}
    assert not any(secret in printed for secret in [*SECRETS.values(), "hidden"])


def test_settings_are_read_from_files_in_secrets_dir(mvp: RunMvp, tmp_path: Path) -> None:
    (tmp_path / "port").write_text("8765\n")
    (tmp_path / "log_level").write_text("ERROR")

    shown = _values(mvp("config", SECRETS_DIR=str(tmp_path), LOG_LEVEL="WARNING").stdout)

    assert shown["PORT"] == "8765"
    assert shown["LOG_LEVEL"] == "WARNING"


def _values(table: str) -> dict[str, str]:
    rows = [line.split("│") for line in table.splitlines() if line.startswith("│")]
    return {name.strip(): value.strip() for _, name, value, *_ in rows if name.strip()}


def test_a_file_that_cannot_be_written_is_named(mvp: RunMvp) -> None:
    line = refusal(mvp("openapi", "--output", "/nowhere/openapi.json"))

    assert "--output: can't write /nowhere/openapi.json (No such file or directory)" in line
