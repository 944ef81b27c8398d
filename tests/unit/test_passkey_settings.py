"""For which addresses passkeys are good."""

import pytest
from pydantic import ValidationError

from backend.core.config import PasskeySettings, RelyingParty
from tests.fixtures.application import make_settings

UNUSED = "postgresql:///unused"


@pytest.mark.parametrize(
    ("address", "party"),
    [
        ("https://app.example.com", ("app.example.com", "https://app.example.com")),
        ("https://App.Example.com:443/start", ("app.example.com", "https://app.example.com")),
        ("http://localhost:5173", ("localhost", "http://localhost:5173")),
        ("http://localhost:80", ("localhost", "http://localhost")),
    ],
)
def test_they_follow_from_the_address_of_the_frontend(address: str, party: tuple[str, str]) -> None:
    assert PasskeySettings().party(address) == RelyingParty(party[0], (party[1],))


def test_in_development_it_is_this_machine() -> None:
    settings = make_settings(
        UNUSED,
        server={"public_url": None, "port": 8010},
        passkeys={"rp_id": None, "origins": []},
    )

    assert settings.relying_party == RelyingParty("localhost", ("http://localhost:8010",))


def test_several_origins_of_one_domain_are_possible() -> None:
    origins = ["https://app.example.com", "https://admin.example.com:8443", "https://example.com"]
    settings = PasskeySettings(rp_id="example.com", origins=origins)

    party = settings.party("https://elsewhere.test")

    assert party == RelyingParty("example.com", tuple(origins))
    assert party.strangers() == []


@pytest.mark.parametrize("origin", ["https://notexample.com", "https://example.com.evil.test"])
def test_origins_of_other_domains_are_strangers(origin: str) -> None:
    party = RelyingParty("example.com", ("https://app.example.com", origin))

    assert party.strangers() == [origin]


@pytest.mark.parametrize(
    "rp_id", ["https://example.com", "example.com/", "Example.com", "example.com:443", "a b"]
)
def test_what_is_no_domain_is_refused(rp_id: str) -> None:
    with pytest.raises(ValidationError, match="must be a domain alone"):
        PasskeySettings(rp_id=rp_id)


@pytest.mark.parametrize(
    ("origin", "reason"),
    [
        ("https://app.example.com/start", "must be an origin"),
        ("https://app.example.com/", "must be an origin"),
        ("app.example.com", "must be an origin"),
        ("http://app.example.com", "must begin with https"),
        ("https://app.example.com:port", "Port could not be cast"),
    ],
)
def test_what_is_no_origin_is_refused(origin: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        PasskeySettings(origins=[origin])


def test_origins_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSKEY_ORIGINS", "https://a.example.com, https://b.example.com")

    assert PasskeySettings().origins == ["https://a.example.com", "https://b.example.com"]
