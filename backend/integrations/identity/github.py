"""GitHub, which speaks OAuth 2.0 without OpenID Connect."""

from pydantic import BaseModel, RootModel

from backend.core.config import OAuthClient
from backend.integrations.identity.json_client import JsonClient
from backend.integrations.identity.oauth import exchanged, parsed, with_query
from backend.services.identity.provider_codes import code_challenge
from backend.services.identity.providers import Attempt, ProvidedPerson


class _Token(BaseModel):
    access_token: str


class _User(BaseModel):
    id: int
    login: str
    name: str | None = None


class _Email(BaseModel):
    email: str
    primary: bool
    verified: bool


class _Emails(RootModel[list[_Email]]):
    pass


class GitHubProvider:
    """Implements `IdentityProvider`. The profile is asked for with the token of the code."""

    title = "GitHub"

    def __init__(self, url: str, api_url: str, client: OAuthClient, http: JsonClient) -> None:
        self._url = url
        self._api_url = api_url
        self._client = client
        self._http = http

    async def authorization_url(self, attempt: Attempt) -> str:
        asked = {
            "client_id": self._client.id,
            "redirect_uri": attempt.redirect_uri,
            "scope": "read:user user:email",
            "state": attempt.state,
            "code_challenge": code_challenge(attempt.code_verifier),
            "code_challenge_method": "S256",
        }
        return with_query(f"{self._url}/login/oauth/authorize", asked)

    async def redeem(self, code: str, attempt: Attempt) -> ProvidedPerson:
        url = f"{self._url}/login/oauth/access_token"
        form = {
            "client_id": self._client.id,
            "client_secret": self._client.secret or "",
            "code": code,
            "redirect_uri": attempt.redirect_uri,
            "code_verifier": attempt.code_verifier,
        }
        token = exchanged(await self._http.post(url, form), _Token, url).access_token
        about = f"{self._api_url}/user"
        user = parsed(await self._http.get(about, token), _User, about)
        email = await self._primary_email(token)
        return ProvidedPerson(
            # A login can be changed, and then taken by somebody else.
            str(user.id),
            email.email if email else None,
            is_email_verified=email is not None and email.verified,
            full_name=user.name or user.login,
        )

    async def _primary_email(self, token: str) -> _Email | None:
        url = f"{self._api_url}/user/emails"
        emails = parsed(await self._http.get(url, token), _Emails, url)
        return next((each for each in emails.root if each.primary), None)
