from typing import Any

import pytest

from backend.core.config import DEVELOPMENT_SECRET, ConfigurationError
from backend.core.production import refuse_unsafe
from tests.fixtures.application import make_settings

PRODUCTION: dict[str, dict[str, Any]] = {"general": {"environment": "production"}}
GOOGLE = {"google_client_id": "us", "google_client_secret": "a secret"}
URL = "postgresql://user:password@db.example/app"


def unsafe(**changes: dict[str, Any]) -> str:
    """What a start in production with these settings is refused with."""
    merged = PRODUCTION | changes
    merged["general"] = PRODUCTION["general"] | changes.get("general", {})
    with pytest.raises(ConfigurationError) as refusal:
        refuse_unsafe(make_settings(URL, **merged))
    return str(refusal.value)


@pytest.mark.parametrize(
    ("changes", "variable", "remedy"),
    [
        ({"security": {"secret_key": DEVELOPMENT_SECRET}}, "SECRET_KEY", "openssl rand"),
        ({"security": {"secret_key": "x" * 31}}, "SECRET_KEY", "openssl rand"),
        ({"database": {"url": None}}, "DATABASE_URL", "postgresql://"),
        ({"files": {"url": None}}, "FILES_URL", "s3://bucket/prefix"),
        ({"mail": {"url": None}}, "MAIL_URL", "smtp://"),
        ({"server": {"public_url": None}}, "PUBLIC_URL", "https://"),
        ({"general": {"debug": True}}, "DEBUG", "unset"),
        ({"server": {"cors_origins": ["*"]}}, "CORS_ORIGINS", "list the origins"),
        ({"server": {"trusted_proxies": "*"}}, "TRUSTED_PROXIES", "list the addresses"),
        ({"identity_providers": {**GOOGLE, "api_url": None}}, "API_URL", "https://"),
        (
            {"passkeys": {"rp_id": "example.com", "origins": ["https://app.example.org"]}},
            "PASSKEY_RP_ID",
            "a domain above",
        ),
        ({"seed": {"on_start": True}}, "SEED_ON_START", "unset"),
        ({"security": {"registration_role": "admin"}}, "REGISTRATION_ROLE", "guest"),
    ],
)
def test_production_refuses_an_unsafe_setting_and_names_the_remedy(
    changes: dict[str, Any], variable: str, remedy: str
) -> None:
    message = unsafe(**changes)

    assert message.startswith(variable)
    assert remedy in message
    assert "\n" not in message


def test_all_unsafe_settings_are_told_at_once() -> None:
    message = unsafe(general={"debug": True}, database={"url": None})

    assert [line.split()[0] for line in message.splitlines()] == ["DATABASE_URL", "DEBUG"]


def test_production_starts_with_safe_settings() -> None:
    refuse_unsafe(make_settings(URL, **PRODUCTION))


def test_development_starts_with_its_defaults() -> None:
    development = {"environment": "development", "debug": True}
    secret = {"secret_key": DEVELOPMENT_SECRET}
    refuse_unsafe(make_settings(URL, general=development, security=secret))
