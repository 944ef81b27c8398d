import re
from pathlib import Path

import pytest

from backend.core.config import (
    ConfigurationError,
    ProviderName,
    Section,
    Settings,
    variable_name,
)
from tests.ids import short_id


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No `.env` and none of the variables that these tests are about."""
    monkeypatch.chdir(tmp_path)
    for name in (
        "DATABASE_URL",
        "PORT",
        "ENVIRONMENT",
        "SECRETS_DIR",
        "DATA_DIR",
        "SEED_PASSWORD",
        "MAIL_URL",
        "MAIL_SENDER",
        "PUBLIC_URL",
    ):
        monkeypatch.delenv(name, raising=False)


def test_nothing_has_to_be_set() -> None:
    settings = Settings.load()

    assert settings.server.port == 8000
    assert settings.database.url is None
    assert settings.seed.password.get_secret_value() == "development-only"


def test_development_registers_migrates_and_seeds_by_itself() -> None:
    settings = Settings.load()

    assert settings.registration_enabled
    assert settings.migrate_on_start
    assert settings.seed_on_start


def test_production_does_none_of_that_unless_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    settings = Settings.load()

    assert not settings.registration_enabled
    assert not settings.migrate_on_start
    assert not settings.seed_on_start


def test_every_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "eighty")
    monkeypatch.setenv("DATABASE_POOL_SIZE", "0")
    monkeypatch.setenv("MIGRATE_ON_START", "perhaps")

    with pytest.raises(ConfigurationError) as problem:
        Settings.load()

    named = [line.split(":")[0] for line in str(problem.value).splitlines()]
    assert named == ["PORT", "DATABASE_POOL_SIZE", "MIGRATE_ON_START"]


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")

    assert Settings.load().database.url is None


def test_origins_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORS_ORIGINS", "https://a.example/, https://b.example")

    assert Settings.load().server.cors_origins == ["https://a.example", "https://b.example"]


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("CORS_ORIGINS", "app.example.com", "app.example.com must be an origin, such as https://"),
        (
            "CORS_ORIGINS",
            "https://a.example, https://b.example/path",
            "https://b.example/path must",
        ),
        ("CORS_ORIGINS", "https://App.example.com", "https://App.example.com must be an origin"),
        ("FILES_ALLOWED_TYPES", "image/*, pdf", "pdf must be a media type, such as image/png"),
        ("FILES_ALLOWED_TYPES", "Image/PNG", "Image/PNG must be a media type"),
        ("TRUSTED_PROXIES", "10.0.0.1, proxy", "'proxy' does not appear to be an IPv4 or IPv6"),
    ],
)
def test_what_would_never_match_is_refused(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(ConfigurationError, match=re.escape(f"{variable}: {reason}")):
        Settings.load()


def test_lists_may_end_in_a_comma(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", "10.0.0.1, 192.168.0.0/16,")
    origins = "*, null, http://[::1]:5173, capacitor://localhost"
    monkeypatch.setenv("CORS_ORIGINS", f"{origins},")

    server = Settings.load().server

    assert server.trusted_proxies == "10.0.0.1,192.168.0.0/16"
    assert server.cors_origins == origins.split(", ")


def test_no_duration_is_longer_than_dates_and_the_database_can_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sections = Section.__subclasses__()
    fields = [variable_name(each, name) for each in sections for name in each.model_fields]
    units = ("_SECONDS", "_MINUTES", "_HOURS", "_DAYS")
    durations = [each for each in fields if each.endswith(units)]
    for variable in durations:
        monkeypatch.setenv(variable, "1000000000")

    with pytest.raises(ConfigurationError) as problem:
        Settings.load()

    named = {line.partition(":")[0] for line in str(problem.value).splitlines()}
    assert named == set(durations)


def test_mail_lies_in_the_data_dir_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    assert Settings.load().mail_url == (tmp_path / "mail").as_uri()

    monkeypatch.setenv("MAIL_URL", "smtp://mail.example")
    assert Settings.load().mail_url == "smtp://mail.example"


def test_links_in_mails_begin_with_the_public_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://app.example.com/")

    assert Settings.load().server.public_url == "https://app.example.com"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PUBLIC_URL", "app.example.com"),
        ("PUBLIC_URL", "ftp://app.example.com"),
        ("PUBLIC_URL", "https://app.example.com/?page="),
        ("MAIL_SENDER", "MVP"),
        ("MAIL_SENDER", "MVP\nBcc: eve@example.com <no-reply@example.com>"),
        ("MAIL_TIMEOUT_SECONDS", "0"),
        ("PASSWORD_RESET_HOURS", "0"),
    ],
)
def test_a_setting_of_mail_that_can_not_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(ConfigurationError, match=f"^{variable}: "):
        Settings.load()


def test_providers_are_offered_that_have_a_client_id(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings.load().identity_providers.clients == {}
    monkeypatch.setenv("MICROSOFT_CLIENT_ID", "us")
    monkeypatch.setenv("MICROSOFT_CLIENT_SECRET", "a secret")
    monkeypatch.setenv("MICROSOFT_TENANT", "9188040d-6c67-4c5b-b112-36a304b66dad")
    monkeypatch.setenv("OIDC_CLIENT_ID", "we")
    monkeypatch.setenv("OIDC_ISSUER", "https://id.example.com/realms/team/")

    providers = Settings.load().identity_providers

    assert providers.clients == {
        ProviderName.MICROSOFT: ("us", "a secret"),
        ProviderName.OIDC: ("we", None),
    }
    # Compared character by character with what tokens say.
    assert providers.oidc_issuer == "https://id.example.com/realms/team/"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"GOOGLE_CLIENT_ID": "us"}, "GOOGLE_CLIENT_SECRET"),
        ({"GITHUB_CLIENT_ID": "us"}, "GITHUB_CLIENT_SECRET"),
        ({"OIDC_CLIENT_ID": "us"}, "OIDC_ISSUER"),
        ({"MICROSOFT_CLIENT_ID": "us", "MICROSOFT_CLIENT_SECRET": "s"}, "MICROSOFT_TENANT"),
        ({"MICROSOFT_TENANT": "common"}, "MICROSOFT_TENANT"),
        ({"OIDC_ISSUER": "http://id.example.com"}, "OIDC_ISSUER"),
        ({"OIDC_ISSUER": "https://id.example.com/?realm=team"}, "OIDC_ISSUER"),
        ({"API_URL": "api.example.com"}, "API_URL"),
        ({"GITHUB_URL": "http://10.0.0.1"}, "GITHUB_URL"),
    ],
    ids=short_id,
)
def test_a_setting_of_a_provider_that_can_not_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], named: str
) -> None:
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)

    with pytest.raises(ConfigurationError, match=f"^{named}: "):
        Settings.load()


def test_secrets_may_come_from_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("from a file\n")
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))

    assert Settings.load().security.secret_key.get_secret_value() == "from a file"


@pytest.mark.parametrize(
    ("file", "told"),
    [(".env", "^.env can't be read"), ("secret_key", 'a file can\'t be read: .*"secret_key"')],
)
def test_a_file_that_cannot_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, file: str, told: str
) -> None:
    (tmp_path / file).write_bytes(b"SECRET_KEY=\xff")
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))

    with pytest.raises(ConfigurationError, match=f"{told}.*invalid start byte"):
        Settings.load()


def test_a_missing_folder_of_secrets_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRETS_DIR", "/nowhere/at/all")

    with pytest.raises(ConfigurationError, match="SECRETS_DIR"):
        Settings.load()


def test_secrets_are_masked_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "very secret indeed")
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:hidden@db.example/app")
    monkeypatch.setenv("MAIL_URL", "smtp://me:hidden@mail.example")

    shown = str(Settings.load())
    assert "very secret" not in shown
    assert "hidden" not in shown


def test_a_worker_is_not_taken_for_dead_between_two_heartbeats(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WORKER_HEARTBEAT_SECONDS", "11")

    with pytest.raises(ConfigurationError, match=r"WORKER_STALLED_SECONDS: .* twice WORKER_HEART"):
        Settings.load()
