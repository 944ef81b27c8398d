"""Signing in with others: what browsers bring back from a provider, and the bodies of requests."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, Field as PydanticField, StringConstraints
from sqlalchemy import Index
from sqlmodel import Field

from backend.core.config import ProviderName
from backend.models.platform.base import Input, Output, enum_type, example
from backend.models.platform.characters import Form
from backend.models.platform.fields import Text, Url
from backend.models.platform.meanings import never_taken
from backend.models.platform.mixins import Identified, now

CODE_LIFETIME = timedelta(minutes=2)
_CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
_VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
_CODE = "q7V0mYx3cK9bN5tR1wZ8eH2fL6sD4aPjU0iOyGvXkQw"
_STATE = "01a1fe079fa57089b26dc250c278f4be.69333c40.E9Melhoa2OwvFrEMTJguCHaoeK1t8URW.5c1e"
_REDIRECT = (
    "Of a client that receives the provider's answer itself: on this device, such as "
    "`http://127.0.0.1:4711/`, or a page below PUBLIC_URL. Leave it out to have browsers come to "
    "this server."
)

CodeChallenge = Annotated[
    str,
    StringConstraints(min_length=43, max_length=43),
    Form(r"^[A-Za-z0-9_-]{43}$", "be a SHA-256 in base64url, without padding"),
]
CodeVerifier = Annotated[
    str,
    StringConstraints(min_length=43, max_length=128),
    Form(r"^[A-Za-z0-9._~-]{43,128}$", "be 43 to 128 letters, digits and . _ ~ -"),
]
"""A secret of the client, and its SHA-256 (RFC 7636)."""


class ProviderSignIn(Identified, table=True):
    """Somebody whom a provider has sent back. The id is that of the state, which is used once.

    Only hashes are stored of the code that was handed over, and of the secret of the client.
    """

    __tablename__ = "provider_sign_ins"
    __table_args__ = (Index(None, "expires_at"),)
    secrets = frozenset({"code_hash", "code_challenge"})

    provider: ProviderName = Field(sa_type=enum_type(ProviderName))
    subject: str
    email: str | None
    is_email_verified: bool
    full_name: str | None
    code_hash: str = Field(unique=True, sa_column_kwargs={"info": never_taken("256 random bits")})
    code_challenge: str
    expires_at: datetime = Field(default_factory=lambda: now() + CODE_LIFETIME)
    used_at: datetime | None = None


class ProviderPublic(Output):
    model_config = example({"provider": "google", "name": "Google"}, base=Output)

    provider: ProviderName
    name: str = Field(description="For people to read.")


class ProvidersOffered(Output):
    model_config = example({"providers": [{"provider": "google", "name": "Google"}]}, base=Output)

    providers: list[ProviderPublic]


class SignInStart(Input):
    model_config = example({"code_challenge": _CHALLENGE})

    code_challenge: CodeChallenge = PydanticField(
        description="The SHA-256 of a new secret that your client keeps (RFC 7636, `S256`)."
    )
    redirect_uri: Url | None = PydanticField(default=None, description=_REDIRECT)


class SignInStarted(Output):
    model_config = example(
        {"url": "https://accounts.google.com/o/oauth2/v2/auth?client_id=...", "state": _STATE},
        base=Output,
    )

    url: str = Field(description="Where to send the browser.")
    state: str = Field(description="What the answer of the provider has to repeat.")


class ProviderAnswer(Input):
    """What the provider has added to the address of a client."""

    model_config = example({"code": "4/0AQSTgQ...", "state": _STATE})

    code: Text = PydanticField(min_length=1, max_length=4_000)
    state: Text = PydanticField(max_length=400)
    redirect_uri: Url | None = PydanticField(default=None, description="As at the start.")


class BrowserAnswer(BaseModel):
    """What the provider has added to the address of this server: a code and the state, or an error.

    Providers add more, which is ignored.
    """

    code: Text | None = PydanticField(default=None, max_length=4_000)
    state: Text | None = PydanticField(default=None, max_length=400)
    error: Text | None = PydanticField(default=None, max_length=400)


class HandedOver(Output):
    model_config = example({"code": _CODE, "expires_in": 120}, base=Output)

    code: str = Field(description="Use it once, with the secret of your client.")
    expires_in: int = Field(
        default=int(CODE_LIFETIME.total_seconds()), description="Seconds until it expires."
    )


class CodeRedemption(Input):
    model_config = example({"code": _CODE, "code_verifier": _VERIFIER})

    code: Text = PydanticField(max_length=200, description="From `#code=` or the callback.")
    code_verifier: CodeVerifier = PydanticField(
        description="The secret whose SHA-256 was sent at the start."
    )
