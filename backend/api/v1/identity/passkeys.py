"""Passkeys: sign in with a device instead of a password and a code."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, status

from backend.api.deps import ClientDep, PersonDep, public
from backend.api.injection import Injected
from backend.api.problems import CONFLICT, NOT_AUTHENTICATED, declare
from backend.api.routes import CheckedRoute, ResourceRouter
from backend.models.identity.auth import Tokens
from backend.models.identity.passkeys import (
    Passkey,
    PasskeyCreate,
    PasskeyName,
    PasskeyOptions,
    PasskeyPublic,
    PasskeyQuery,
    PasskeySignIn,
)
from backend.models.identity.second_factors import FactorProof
from backend.models.platform.paging import Page
from backend.services.identity.passkey_sign_in import PasskeySignInService
from backend.services.identity.passkeys import PasskeyService

router = ResourceRouter(prefix="/auth/passkeys", tags=["auth"], route_class=CheckedRoute)

PasskeyId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e41"])]


@router.post("/options", dependencies=[public])
async def ask_for_passkey(sign_ins: Injected[PasskeySignInService]) -> PasskeyOptions:
    """Return what `navigator.credentials.get()` takes.

    What the passkey then signs is for `POST /auth/passkeys/sign-in`, or does instead of a code.
    """
    return PasskeyOptions(public_key=await sign_ins.options())


@router.post("/sign-in", dependencies=[public], responses=declare(NOT_AUTHENTICATED))
async def sign_in_with_passkey(
    data: PasskeySignIn, client: ClientDep, sign_ins: Injected[PasskeySignInService]
) -> Tokens:
    """Sign in with what a passkey has signed, which counts as both factors.

    Failed attempts are limited by passkey and by address.
    """
    return await sign_ins.sign_in(data.passkey, client)


@router.get("", response_model=Page[PasskeyPublic])
async def list_passkeys(
    query: Annotated[PasskeyQuery, Query()], by: PersonDep, passkeys: Injected[PasskeyService]
) -> Page[Passkey]:
    """With which passkeys you sign in."""
    return await passkeys.page(query, by)


@router.post("/begin", responses=declare(CONFLICT))
async def begin_passkey(
    data: FactorProof, by: PersonDep, client: ClientDep, passkeys: Injected[PasskeyService]
) -> PasskeyOptions:
    """Return what `navigator.credentials.create()` takes.

    Takes the password, and a code if you have an app; or a passkey alone.
    """
    return PasskeyOptions(public_key=await passkeys.begin(data, by, client))


@router.post("", response_model=PasskeyPublic, responses=declare(CONFLICT))
async def create_passkey(
    data: PasskeyCreate, by: PersonDep, client: ClientDep, passkeys: Injected[PasskeyService]
) -> Passkey:
    """Sign in with the passkey that the browser has made, from now on. You are told by mail.

    In the same session as `POST /auth/passkeys/begin`.
    """
    return await passkeys.create(data, by, client)


@router.put("/{passkey_id}/name", response_model=PasskeyPublic)
async def rename_passkey(
    passkey_id: PasskeyId,
    data: PasskeyName,
    by: PersonDep,
    client: ClientDep,
    passkeys: Injected[PasskeyService],
) -> Passkey:
    """Give a passkey another name. A mail tells you."""
    return await passkeys.rename(passkey_id, data.name, by, client)


@router.post(
    "/{passkey_id}/remove", status_code=status.HTTP_204_NO_CONTENT, responses=declare(CONFLICT)
)
async def remove_passkey(
    passkey_id: PasskeyId,
    data: FactorProof,
    by: PersonDep,
    client: ClientDep,
    passkeys: Injected[PasskeyService],
) -> None:
    """Do not sign in with it any more. Your last way in can't be taken away. A mail tells you."""
    await passkeys.remove(passkey_id, data, by, client)
