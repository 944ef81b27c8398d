"""Settings that production refuses. Each message names the variable and the remedy."""

from collections.abc import Iterator

from backend.core.config import DEVELOPMENT_SECRET, ConfigurationError, Settings
from backend.core.permissions import Role

MINIMUM_SECRET_LENGTH = 32


def refuse_unsafe(settings: Settings) -> None:
    """Raises ConfigurationError with one line for each unsafe setting; quiet outside production."""
    problems = list(_unsafe(settings)) if settings.is_production else []
    if problems:
        raise ConfigurationError("\n".join(problems))


def _unsafe(settings: Settings) -> Iterator[str]:
    yield from _unsafe_secret(settings.security.secret_key.get_secret_value())
    if settings.database.url is None:
        yield (
            "DATABASE_URL is not set: the embedded PostgreSQL is for development; "
            "set it to postgresql://user:password@host/database"
        )
    if settings.files.url is None:
        yield (
            "FILES_URL is not set: files would be on this machine only, in DATA_DIR; set it to "
            "s3://bucket/prefix, or to file:///folder if that is what you want"
        )
    yield from _unsent_mail(settings)
    providers = settings.identity_providers
    if providers.clients and providers.api_url is None:
        yield (
            "API_URL is not set: providers would send people to this machine after signing in; "
            "set it to where browsers reach this server, such as https://api.example.com"
        )
    party = settings.relying_party
    for stranger in party.strangers():
        yield (
            f"PASSKEY_RP_ID: no page of {stranger} may ask for passkeys of {party.id}; set it to a "
            "domain above all of PASSKEY_ORIGINS, such as example.com for https://app.example.com"
        )
    if settings.general.debug:
        yield "DEBUG is on: it writes statements and their values to the log; unset it"
    if "*" in settings.server.cors_origins:
        yield "CORS_ORIGINS allows every site: list the origins of your frontends"
    if "*" in settings.server.trusted_proxies:
        yield "TRUSTED_PROXIES trusts everybody: list the addresses of your proxies"
    if settings.seed_on_start:
        yield "SEED_ON_START is on: it creates users with a known password; unset it"
    if settings.registration_enabled and settings.security.registration_role is Role.ADMIN:
        yield "REGISTRATION_ROLE is admin: whoever registers would own the data; use guest"


def _unsent_mail(settings: Settings) -> Iterator[str]:
    if settings.mail.url is None:
        yield (
            "MAIL_URL is not set: mails would be written to DATA_DIR of this machine and not "
            "sent; set it to smtp://user:password@host:587 or smtps://user:password@host:465"
        )
    if settings.server.public_url is None:
        yield (
            "PUBLIC_URL is not set: links in mails would lead to this machine; set it to where "
            "people reach the frontend, such as https://app.example.com"
        )


def _unsafe_secret(secret: str) -> Iterator[str]:
    remedy = "set it to the output of `openssl rand -hex 32`"
    if secret == DEVELOPMENT_SECRET:
        yield f"SECRET_KEY is the development default, which everybody knows: {remedy}"
    elif len(secret) < MINIMUM_SECRET_LENGTH:
        yield f"SECRET_KEY is shorter than {MINIMUM_SECRET_LENGTH} characters: {remedy}"
