"""Drives Alembic, which is configured in pyproject.toml."""

from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

_ROOT = Path(__file__).parents[2]


def alembic_config(url: str | None = None) -> Config:
    """Alembic's configuration. Commands that don't connect need no URL."""
    config = Config(toml_file=_ROOT / "pyproject.toml")
    config.attributes["url"] = url
    return config


def head_revision() -> str | None:
    """The newest migration in the code."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


def older_revisions() -> frozenset[str]:
    """All migrations in the code but the newest."""
    script = ScriptDirectory.from_config(alembic_config())
    known = {revision.revision for revision in script.walk_revisions()}
    return frozenset(known - set(script.get_heads()))
