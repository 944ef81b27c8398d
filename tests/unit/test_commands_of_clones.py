"""Commands that write code are there in a clone alone."""

import pytest

from backend.cli import loading
from backend.core.config import ConfigurationError


def test_a_command_of_clones_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "_OF_CLONES", {"new": "no_such_package.cli"})

    with pytest.raises(ConfigurationError, match=r"mvp new needs a clone .* \(no_such_package"):
        loading.CommandsOnDemand(name="mvp").get_command(None, "new")


def test_without_a_clone_it_is_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "new" in loading.CommandsOnDemand(name="mvp").commands
    monkeypatch.setattr(loading, "find_spec", lambda _name: None)

    assert "new" not in loading.CommandsOnDemand(name="mvp").commands
