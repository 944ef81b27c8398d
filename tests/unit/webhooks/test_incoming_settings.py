"""A secret that can't sign is refused when the program starts, not with each message."""

import pytest

from backend.core.config import ConfigurationError, Settings


@pytest.mark.parametrize(
    "secret", ["secret", "whsec_", "whsec_c2hvcnQ=", "whsec_not base64!", "whsec_" + "YWJj" * 22]
)
def test_a_secret_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    monkeypatch.setenv("INCOMING_TASKS_SECRET", secret)

    with pytest.raises(ConfigurationError, match=r"^INCOMING_TASKS_SECRET: "):
        Settings.load()


def test_a_secret_needs_no_padding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCOMING_TASKS_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwQ2hT4cU1xdM")

    assert set(Settings.load().incoming.secrets) == {"tasks"}
