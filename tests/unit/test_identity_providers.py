"""The providers that the settings name, as far as nothing is asked of them."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from backend.core.config import IdentityProviderSettings, ProviderName, SecuritySettings
from backend.core.errors import InvalidInputError
from backend.integrations.identity.openid import OpenIdProvider
from backend.integrations.identity.providers import OpenedProviders
from backend.services.identity.provider_codes import code_challenge
from backend.services.identity.providers import Attempt
from backend.services.identity.sign_in_links import SignInLinks
from backend.services.identity.sign_in_states import SignInStates
from tests.fixtures.application import SECRET

TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"
CLIENTS = {f"{name}_client_id": "us" for name in ("google", "microsoft", "github")}
SECRETS = {f"{name}_client_secret": "a secret" for name in ("google", "microsoft", "github")}
LINKS = SignInLinks(None, "https://api.example.com")


def opened(**changes: Any) -> OpenedProviders:
    given: dict[str, Any] = {**CLIENTS, **SECRETS, "microsoft_tenant": TENANT, **changes}
    return OpenedProviders(IdentityProviderSettings(**given))


def test_each_provider_has_its_name() -> None:
    titles = {name: provider.title for name, provider in opened().by_name.items()}

    assert titles == {
        ProviderName.GOOGLE: "Google",
        ProviderName.MICROSOFT: "Microsoft",
        ProviderName.GITHUB: "GitHub",
    }


def test_of_microsoft_one_directory_is_the_issuer() -> None:
    microsoft = opened().by_name[ProviderName.MICROSOFT]

    assert isinstance(microsoft, OpenIdProvider)
    # It has no `email_verified`, and its admins give people any address.
    assert microsoft._issuer.url == f"https://login.microsoftonline.com/{TENANT}/v2.0"
    assert microsoft._issuer.verified == "xms_edov"


async def test_github_is_asked_for_addresses() -> None:
    github = opened(github_url="https://github.example.com/").by_name[ProviderName.GITHUB]

    url = await github.authorization_url(Attempt("s", "n", "verifier", "https://here.example.com"))

    asked = {name: value[0] for name, value in parse_qs(urlsplit(url).query).items()}
    assert url.startswith("https://github.example.com/login/oauth/authorize?")
    assert asked == {
        "client_id": "us",
        "redirect_uri": "https://here.example.com",
        "scope": "read:user user:email",
        "state": "s",
        "code_challenge": code_challenge("verifier"),
        "code_challenge_method": "S256",
    }


def test_a_challenge_is_that_of_the_standard() -> None:
    """RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

    assert code_challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_states_of_another_server_are_refused() -> None:
    ours, theirs = (
        SignInStates(SecuritySettings(secret_key=SecretStr(secret)))
        for secret in (SECRET, SECRET[::-1])
    )
    given = theirs.new(ProviderName.GOOGLE, "https://here.example.com", "x" * 43)

    with pytest.raises(InvalidInputError):
        ours.read(ProviderName.GOOGLE, given.redirect_uri, given.state)
    with pytest.raises(InvalidInputError):
        theirs.read(ProviderName.GOOGLE, "https://elsewhere.example.com", given.state)
    assert theirs.read(ProviderName.GOOGLE, given.redirect_uri, given.state).attempt == given


def test_without_a_frontend_the_documentation_shows_the_code() -> None:
    assert LINKS.page(code="a b") == "https://api.example.com/docs#code=a+b"
    with pytest.raises(InvalidInputError):
        LINKS.redirect_uri(ProviderName.GOOGLE, "https://api.example.com/docs")
