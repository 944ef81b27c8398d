"""Migrations for commands that run them first."""

from sqlalchemy.engine import make_url

from backend.cli.runtime import plain_url
from backend.core.config import ConfigurationError, Settings
from backend.core.database import owner_url
from backend.core.migrations import HEAD, upgrade
from backend.core.search_configuration import use_search_configuration


def migrate(settings: Settings, revision: str = HEAD) -> None:
    """Apply migrations, and the settings that concern the schema."""
    url = owner_url(settings.database)
    upgrade(url, revision)
    use_search_configuration(url, settings.search.configuration)
    if revision == HEAD:
        _keep_apart(settings, url)


def _keep_apart(settings: Settings, url: str) -> None:
    # It loads the models, which an API that starts needs anyway.
    from backend.repositories.sql.platform import division  # noqa: PLC0415  # see above

    if not settings.database.has_many_organisations:
        division.unite(url)
        return
    program = make_url(plain_url(settings))
    if program.username in (None, make_url(url).username):
        raise ConfigurationError(
            "ORGANISATIONS=many: the program needs a role that owns nothing: name it in "
            "DATABASE_URL, which creates it, and the owner of the tables in DATABASE_OWNER_URL"
        )
    division.divide(url, str(program.username), program.password)
