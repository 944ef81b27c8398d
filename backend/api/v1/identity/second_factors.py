"""A second factor: codes of an app (TOTP), and recovery codes."""

from fastapi import status

from backend.api.deps import ClientDep, PersonDep, public
from backend.api.injection import Injected
from backend.api.problems import CONFLICT, declare
from backend.api.routes import CheckedRoute, ResourceRouter
from backend.models.identity.second_factors import (
    ChallengeAnswer,
    FactorProof,
    FactorSetup,
    FactorStatus,
    GivenChallenge,
    GivenCode,
    GivenFactor,
    RecoveryCodes,
    SecondFactorTokens,
)
from backend.services.identity.second_factors import SecondFactorService
from backend.services.identity.second_step import SecondStep

router = ResourceRouter(prefix="/auth/second-factor", tags=["auth"], route_class=CheckedRoute)


@router.get("")
async def read_second_factor(by: PersonDep, factors: Injected[SecondFactorService]) -> FactorStatus:
    """Whether you have a second factor, and how many recovery codes are left."""
    return await factors.status(by)


@router.post("", responses=declare(CONFLICT))
async def set_up_second_factor(
    data: FactorProof, by: PersonDep, client: ClientDep, factors: Injected[SecondFactorService]
) -> FactorSetup:
    """Make a secret for an app, to put to use by `POST /auth/second-factor/confirm`."""
    return await factors.begin(data, by, client)


@router.post("/confirm", responses=declare(CONFLICT))
async def confirm_second_factor(
    data: GivenCode, by: PersonDep, client: ClientDep, factors: Injected[SecondFactorService]
) -> RecoveryCodes:
    """Need a second factor from now on, and end your other sessions.

    `code` is the first of the app.
    """
    codes = await factors.confirm(data.code, by, client)
    return RecoveryCodes(recovery_codes=codes)


@router.post("/recovery-codes", responses=declare(CONFLICT))
async def renew_recovery_codes(
    data: GivenFactor, by: PersonDep, client: ClientDep, factors: Injected[SecondFactorService]
) -> RecoveryCodes:
    """Make new recovery codes; the old ones can't be used any more."""
    codes = await factors.renew_recovery_codes(data, by, client)
    return RecoveryCodes(recovery_codes=codes)


@router.post("/remove", status_code=status.HTTP_204_NO_CONTENT, responses=declare(CONFLICT))
async def remove_second_factor(
    data: FactorProof, by: PersonDep, client: ClientDep, factors: Injected[SecondFactorService]
) -> None:
    """Sign in by password alone from now on. Roles in REQUIRE_SECOND_FACTOR need a passkey."""
    await factors.remove(data, by, client)


@router.post("/begin", dependencies=[public], responses=declare(CONFLICT))
async def begin_second_factor(
    data: GivenChallenge, second_step: Injected[SecondStep]
) -> FactorSetup:
    """Make a secret for an app while you sign in, as your role needs a second factor."""
    return await second_step.begin(data.challenge)


@router.post("/answer", dependencies=[public], responses=declare(CONFLICT))
async def answer_challenge(
    data: ChallengeAnswer, client: ClientDep, second_step: Injected[SecondStep]
) -> SecondFactorTokens:
    """Sign in with the challenge that `/auth/token` has answered, and a code or a passkey.

    Wrong codes are limited by account and by address. Each code can be used once.
    """
    return await second_step.answer(data, client)
