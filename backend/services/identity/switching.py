"""Where people act, where there are many organisations."""

from uuid import UUID

from backend.core.errors import AuthenticationError, NotFoundError, PermissionDeniedError
from backend.core.permissions import Principal, SubjectKind
from backend.core.scopes import SYSTEM
from backend.models.identity.account_tokens import TokenPurpose
from backend.models.identity.auth import Tokens
from backend.models.identity.invitations import Invitation
from backend.models.identity.sessions import Client
from backend.models.platform.domain_events import ResourceChanged, changes_between
from backend.repositories.identity.unit import IdentityUnits
from backend.services.identity.account_tokens import find_token, use_token
from backend.services.identity.invitations import invitation_of
from backend.services.identity.second_factor_rule import SecondFactorRule
from backend.services.identity.session_start import SessionStart


class SwitchingService:
    """Joins organisations, and opens sessions in another of one's own."""

    def __init__(self, uow: IdentityUnits, sessions: SessionStart, rule: SecondFactorRule) -> None:
        self._uow = uow
        self._sessions = sessions
        self._rule = rule

    async def switch(self, organisation_id: UUID | None, by: Principal, client: Client) -> Tokens:
        """Open a session in another organisation; None: in none. The present one goes on.

        Raises:
            NotFoundError: the caller does not belong to it, or it was deleted.
            AuthenticationError: the present session has ended meanwhile.
            PermissionDeniedError: the account was deactivated, or the role there requires a second
                factor.
        """
        async with self._uow(SYSTEM) as uow:
            # Locked: who removes the caller meanwhile ends this session, too.
            user = await uow.users.get(by.user_id, for_update=True)
            if not user.can_sign_in:
                raise PermissionDeniedError("The account is deactivated.")
            session = await uow.sessions.get(by.session_id, for_update=True)
            if not session.is_live:
                raise AuthenticationError("The session has ended. Sign in again.")
            wanted = user.id if organisation_id is None else organisation_id
            if organisation_id is not None and not await uow.places.may_act(user, wanted):
                raise NotFoundError.of(uow.organisations.kind, wanted)
            has_factor = session.with_passkey or user.second_factor_at is not None
            self._rule.require_met(user.role, has_factor=has_factor)
            tokens = await self._sessions.open(
                uow, user, wanted, client, with_passkey=session.with_passkey
            )
            await uow.commit()
        return tokens

    async def join(self, clear: str, by: Principal) -> Invitation:
        """Accept an invitation with the account that one has.

        Raises:
            InvalidInputError: the token is invalid, or the inviter may no longer give the role.
            PermissionDeniedError: it was sent to another address.
            ConflictError: the caller belongs to the organisation already.
        """
        async with self._uow(SYSTEM) as uow:
            token = await find_token(uow, TokenPurpose.ACCEPT_INVITATION, clear)
            user = await uow.users.get(by.user_id, for_update=True)
            if user.email != token.email:
                raise PermissionDeniedError("This invitation was sent to another address.")
            invitation = await invitation_of(uow, token)
            await use_token(uow, token)
            user.act_as(invitation.role)
            await uow.places.add(user)
            invitation.accept(user.id)
            await uow.invitations.save(invitation)
            uow.record(
                ResourceChanged(
                    kind=SubjectKind.INVITATION,
                    verb="accepted",
                    subject_id=invitation.id,
                    by=by,
                    changes=changes_between({}, {"user_id": str(user.id)}),
                )
            )
            await uow.commit()
        return invitation
