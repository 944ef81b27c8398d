"""The files in `deploy/` agree with each other and with the settings."""

import re
from typing import Any

import pytest
import yaml

from backend.core.config import LanguageModelSettings, ServerSettings, WebSearchSettings
from tests.fixtures.processes import ROOT

DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PROGRAMS = sorted(SERVICES.keys() - {"database"})
USED = set(re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yaml").read_text()))
EXPLAINED = set(re.findall(r"^(\w+)=", (DEPLOY / "env.example").read_text(), re.MULTILINE))
# Whoever needs others than the defaults finds them in the file itself.
RARE = {"PORT", "WORKERS", "DATABASE_POOL_SIZE"}
KEYS = {
    field.validation_alias or f"TAVILY_{name}".upper()
    for settings in (LanguageModelSettings, WebSearchSettings)
    for name, field in settings.model_fields.items()
    if name.endswith(("api_key", "url", "endpoint", "api_version")) and name != "url"
}


def test_what_the_example_explains_is_what_the_containers_take() -> None:
    assert USED - RARE == EXPLAINED


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_gets_what_operators_set(name: str) -> None:
    given = SERVICES[name]["environment"]

    assert given.keys() >= KEYS
    assert {"TRUSTED_PROXIES", "CORS_ORIGINS", "SECRET_KEY", "DATABASE_URL"} <= given.keys()


def test_what_is_left_empty_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", "")
    monkeypatch.setenv("CORS_ORIGINS", "")
    monkeypatch.setenv("OPENAI_BASE_URL", "")

    assert ServerSettings().trusted_proxies == "127.0.0.1"
    assert ServerSettings().cors_origins == []
    assert LanguageModelSettings().openai_base_url == "https://api.openai.com/v1"


def test_only_migrations_get_the_owner_of_the_tables() -> None:
    owning = {name for name in PROGRAMS if "DATABASE_OWNER_URL" in SERVICES[name]["environment"]}

    assert owning == {"migrate"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_has_no_more_than_it_needs(name: str) -> None:
    service = SERVICES[name]

    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"]


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_writes_to_its_volumes_only(name: str) -> None:
    service = SERVICES[name]
    folders = {volume.split(":")[1] for volume in service["volumes"]}

    assert service["read_only"] is True
    assert service["environment"]["TMPDIR"] in folders
    assert "cap_add" not in service


def test_images_are_named_exactly() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text()

    assert re.fullmatch(r"postgres:\d+\.\d+(@sha256:\w{64})?", SERVICES["database"]["image"])
    bases = re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim(@sha256:\w{64})?", bases[0])
    assert re.search(r"uv==\d+\.\d+\.\d+", dockerfile)
