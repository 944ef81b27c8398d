from backend.core.scopes import SYSTEM
from backend.models.identity.auth import Tokens
from backend.models.identity.provider_sign_ins import CodeRedemption
from backend.models.identity.sessions import Client
from backend.repositories.identity.unit import IdentityUnits
from backend.services.identity.provider_accounts import ProviderAccounts
from backend.services.identity.provider_codes import use_code
from backend.services.identity.second_step import SecondStep
from backend.services.identity.session_start import SessionStart


class ProviderSignInService:
    """Opens sessions for those whom a provider vouches for."""

    def __init__(
        self,
        uow: IdentityUnits,
        accounts: ProviderAccounts,
        sessions: SessionStart,
        second_step: SecondStep,
    ) -> None:
        self._uow = uow
        self._accounts = accounts
        self._sessions = sessions
        self._second_step = second_step

    async def sign_in(self, data: CodeRedemption, client: Client) -> Tokens:
        """Open a session. A refused code can still be used, such as to link the identity.

        Raises:
            InvalidInputError: as `use_code`.
            SecondFactorNeededError: the account needs a second factor, too.
            AuthenticationError, ConflictError, PermissionDeniedError: as `ProviderAccounts.of`.
        """
        async with self._uow(SYSTEM) as uow:
            arrived = await use_code(uow, data)
            user = await self._accounts.of(uow, arrived)
            organisation_id = await uow.places.enter(user)
            if self._second_step.is_needed(user):
                # Committed before it is raised, which would otherwise roll it back.
                needed = await self._second_step.challenge(uow, user)
                await uow.commit()
                raise needed
            tokens = await self._sessions.open(uow, user, organisation_id, client)
            await uow.commit()
        return tokens
