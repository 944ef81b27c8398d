from backend.core.errors import InvalidInputError
from backend.core.permissions import Principal
from backend.models.identity.second_factors import FactorProof
from backend.models.identity.sessions import Client
from backend.models.identity.users import User
from backend.repositories.identity.unit import IdentityUnit
from backend.services.identity.password_check import PasswordCheck
from backend.services.identity.second_factor_check import SecondFactorCheck
from backend.services.identity.second_factor_rule import SecondFactorRule


class FreshProof:
    """That it is still the person, before how they sign in changes.

    A session that somebody else has got hold of does not suffice: it takes a passkey, or the
    password, with a code if there is an app. Where the role requires a second factor and that is a
    passkey, it takes the passkey.
    """

    def __init__(
        self, passwords: PasswordCheck, factors: SecondFactorCheck, rule: SecondFactorRule
    ) -> None:
        self._passwords = passwords
        self._factors = factors
        self._rule = rule

    async def check_password(self, proof: FactorProof, by: Principal, client: Client) -> None:
        """Call it before the unit of work, in which `check_factor` follows.

        Raises:
            InvalidInputError: the password is wrong, or neither it nor a passkey was given.
            RateLimitedError, UnavailableError: there were too many failures.
        """
        if proof.passkey is not None:
            return
        if proof.password is None:
            raise InvalidInputError("password", "Your password is needed.", "missing")
        await self._passwords.verify_own(by, proof.password, client.address, "password")

    async def check_factor(
        self, uow: IdentityUnit, user: User, proof: FactorProof, client: Client
    ) -> None:
        """Lock the user first. Raises as `SecondFactorCheck.verify`."""
        if proof.passkey is not None or user.second_factor_at is not None:
            await self._factors.verify(uow, user, proof, client.address)
        elif self._rule.is_unmet_by(user):
            detail = f"The role {user.role} must have a second factor: use your passkey."
            raise InvalidInputError("passkey", detail, "missing")
