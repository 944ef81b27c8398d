"""Signing in with others: Google, Microsoft, GitHub, or any issuer of OpenID Connect."""

from typing import Annotated

from fastapi import Path, Query, status
from fastapi.responses import RedirectResponse

from backend.api.deps import ClientDep, public
from backend.api.injection import Injected
from backend.api.problems import (
    CONFLICT,
    NOT_AUTHENTICATED,
    PERMISSION_DENIED,
    SECOND_FACTOR_NEEDED,
    declare,
)
from backend.api.routes import CheckedRoute, ResourceRouter
from backend.core.config import ProviderName
from backend.models.identity.auth import Tokens
from backend.models.identity.provider_sign_ins import (
    BrowserAnswer,
    CodeRedemption,
    HandedOver,
    ProviderAnswer,
    ProvidersOffered,
    SignInStart,
    SignInStarted,
)
from backend.services.identity.provider_callbacks import ProviderCallbacks
from backend.services.identity.provider_sign_in import ProviderSignInService

router = ResourceRouter(prefix="/auth/oidc", tags=["auth"], route_class=CheckedRoute)

_PAGE = {"description": "The page `/sign-in` of PUBLIC_URL.", "schema": {"type": "string"}}
Provider = Annotated[ProviderName, Path(examples=["google"])]


@router.get("", dependencies=[public])
async def list_providers(callbacks: Injected[ProviderCallbacks]) -> ProvidersOffered:
    """With whom people can sign in here."""
    return callbacks.offered()


@router.post(
    "/token",
    dependencies=[public],
    responses=declare(NOT_AUTHENTICATED, SECOND_FACTOR_NEEDED, PERMISSION_DENIED, CONFLICT),
)
async def sign_in_with_provider(
    data: CodeRedemption, sign_ins: Injected[ProviderSignInService], client: ClientDep
) -> Tokens:
    """Sign in with the code that was handed over, and the secret of your client.

    Opens an account for somebody new if REGISTRATION_ENABLED is on. An account with the same
    address is linked if both sides have verified it; it loses its password, sessions and API keys
    then, as somebody else may have opened it. A second factor is asked for as after a password.
    """
    return await sign_ins.sign_in(data, client)


@router.post("/{provider}/start", dependencies=[public])
async def start_provider_sign_in(
    provider: Provider, data: SignInStart, callbacks: Injected[ProviderCallbacks]
) -> SignInStarted:
    """Begin to sign in with a provider, or to link an identity: send the browser to `url`."""
    return await callbacks.start(provider, data)


@router.get(
    "/{provider}/callback",
    status_code=status.HTTP_303_SEE_OTHER,
    response_class=RedirectResponse,
    dependencies=[public],
    responses={303: {"description": "To the frontend.", "headers": {"Location": _PAGE}}},
)
async def return_from_provider(
    provider: Provider,
    answer: Annotated[BrowserAnswer, Query()],
    callbacks: Injected[ProviderCallbacks],
    client: ClientDep,
) -> RedirectResponse:
    """Where the provider sends browsers: leads to the frontend, with `#code=` or `#error=`."""
    page = await callbacks.receive_in_browser(provider, answer, client)
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return RedirectResponse(page, status.HTTP_303_SEE_OTHER, headers)


@router.post("/{provider}/callback", dependencies=[public], responses=declare(NOT_AUTHENTICATED))
async def hand_in_provider_answer(
    provider: Provider,
    data: ProviderAnswer,
    callbacks: Injected[ProviderCallbacks],
    client: ClientDep,
) -> HandedOver:
    """For clients that receive the answer of the provider themselves, at a `redirect_uri`."""
    return await callbacks.receive(provider, data, client)
