"""The second factor of an account: an app with codes, and recovery codes."""

from datetime import datetime
from uuid import UUID

from pydantic import Field as PydanticField
from sqlalchemy import LargeBinary, UniqueConstraint
from sqlmodel import Field

from backend.models.identity.auth import Tokens
from backend.models.identity.passkey_credentials import AssertedCredential
from backend.models.platform.base import Input, Output, example
from backend.models.platform.fields import GivenPassword, Text
from backend.models.platform.meanings import never_taken
from backend.models.platform.mixins import Identified, now

_CODES = ["K7QX-2MDA-PLRT-6ZWE", "B3NC-YH5U-JW7S-QF2O"]
_CODE = "Of the app, or a recovery code."
_CHALLENGE = "9d1c0a9be27d4c55a8e6f0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b"


class SecondFactor(Identified, table=True):
    """The secret that an app makes codes of. `User.second_factor_at` says whether it is in use.

    Attributes:
        last_step: the step of time whose code was used last; only later ones can be used.
    """

    __tablename__ = "second_factors"
    secrets = frozenset({"sealed_secret"})

    user_id: UUID = Field(
        foreign_key="users.id",
        unique=True,
        ondelete="CASCADE",
        sa_column_kwargs={"info": never_taken("the user is locked")},
    )
    sealed_secret: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(default_factory=now)
    last_step: int | None = None


class RecoveryCode(Identified, table=True):
    """Only the hash is stored."""

    __tablename__ = "recovery_codes"
    __table_args__ = (UniqueConstraint("user_id", "code_hash", info=never_taken("80 random bits")),)
    secrets = frozenset({"code_hash"})

    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE")
    code_hash: str
    used_at: datetime | None = None


class GivenCode(Input):
    model_config = example({"code": "123456"})

    code: Text = Field(max_length=40, description=_CODE)


class GivenFactor(Input):
    """A code, or what a passkey has signed."""

    model_config = example({"code": "123456"})

    code: Text | None = PydanticField(default=None, max_length=40, description=_CODE)
    passkey: AssertedCredential | None = PydanticField(
        default=None, description="Instead of a code; see `POST /auth/passkeys/options`."
    )


class FactorProof(GivenFactor):
    """That it is still the person. A passkey counts as both factors."""

    model_config = example({"password": "development-only", "code": "123456"})

    password: GivenPassword | None = PydanticField(
        default=None, description="Needed without `passkey`."
    )
    code: Text | None = PydanticField(
        default=None, max_length=40, description=f"{_CODE} Needed if you have an app."
    )


class GivenChallenge(Input):
    """What a sign-in answers that needs a second factor."""

    model_config = example({"challenge": _CHALLENGE})

    challenge: Text = Field(max_length=200)


class ChallengeAnswer(GivenFactor, GivenChallenge):
    model_config = example({"challenge": _CHALLENGE, "code": "123456"})


class FactorSetup(Output):
    model_config = example(
        {
            "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
            "uri": "otpauth://totp/MVP%20Backend:ada%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DP"
            "EHPK3PXP&issuer=MVP%20Backend",
        },
        base=Output,
    )

    secret: str = Field(description="To type into an app that can't read the QR code.")
    uri: str = Field(description="To show as a QR code.")


class RecoveryCodes(Output):
    model_config = example({"recovery_codes": _CODES}, base=Output)

    recovery_codes: list[str] = Field(
        description="Each can be used once instead of a code of the app. They are shown this once."
    )


class SecondFactorTokens(Tokens):
    model_config = example(
        {
            "access_token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.signature",
            "refresh_token": "Zx0lDOaq3nJ1vWk8rT5uYbC2mE7gHiPs",
            "token_type": "bearer",
            "expires_in": 900,
            "recovery_codes": None,
        },
        base=Output,
    )

    recovery_codes: list[str] | None = Field(
        default=None, description="If the second factor was set up just now; shown this once."
    )


class FactorStatus(Output):
    model_config = example(
        {
            "second_factor_at": "2026-06-01T09:42:00Z",
            "recovery_codes_left": 9,
            "is_required": False,
        },
        base=Output,
    )

    second_factor_at: datetime | None = Field(description="Since when it is needed; null: never.")
    recovery_codes_left: int
    is_required: bool = Field(description="Whether your role can't be without one.")
