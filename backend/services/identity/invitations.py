from typing import Any
from uuid import UUID

from backend.core.addresses import network_of
from backend.core.attempts import retried
from backend.core.errors import ConflictError
from backend.core.passwords import PasswordHasher
from backend.core.permissions import Principal, SubjectKind
from backend.core.preconditions import Precondition
from backend.core.scopes import SYSTEM
from backend.models.identity.account_tokens import AccountToken, InvitationAcceptance, TokenPurpose
from backend.models.identity.invitations import Invitation, InvitationCreate, InvitationQuery
from backend.models.identity.sessions import Client
from backend.models.identity.users import User
from backend.models.platform.domain_events import ResourceChanged, changes_between
from backend.models.platform.idempotency import Answered, IdempotencyKey, Outcome, Replay, Replayed
from backend.models.platform.mixins import now
from backend.models.platform.paging import Page
from backend.repositories.identity.unit import IdentityUnit, IdentityUnits
from backend.services.identity.account_tokens import (
    AccountTokens,
    dead_token,
    find_token,
    use_token,
)
from backend.services.identity.mail_limits import MailRequestLimits
from backend.services.identity.role_grants import check_giver, lock_giver
from backend.services.identity.token_mails import AccountMails
from backend.services.platform.change_events import created


class InvitationService:
    """An admin invites an address; the receiver of the mail creates the account."""

    def __init__(
        self,
        uow: IdentityUnits,
        hasher: PasswordHasher,
        mails: AccountMails,
        tokens: AccountTokens,
        limits: MailRequestLimits,
    ) -> None:
        self._uow = uow
        self._hasher = hasher
        self._mails = mails
        self._lifetime = tokens.invitation_lifetime
        self._limits = limits

    async def create(
        self, data: InvitationCreate, by: Principal, key: IdempotencyKey | None = None
    ) -> Outcome[Invitation]:
        """Invite an address.

        Raises:
            PermissionDeniedError: the person may not, or may no longer, give the role.
            ConflictError: the address has an account or an open invitation.
            RateLimitedError: the address was invited too often, here or elsewhere.
        """
        expires_at = now() + self._lifetime
        invitation = Invitation.from_input(data, invited_by=by.user_id, expires_at=expires_at)
        async with self._uow(by) as uow:
            match await uow.idempotency.claim(key, invitation.id):
                case Replay(earlier):
                    return Replayed(await uow.invitations.get(earlier))
                case Answered() as answered:
                    return answered
            inviter = await lock_giver(uow, by, invitation.role)
            if await uow.users.find_by_email(invitation.email):
                raise ConflictError("A user with this e-mail address already exists.")
            for expired_id in await uow.invitations.take_back_expired(invitation.email):
                uow.record(
                    ResourceChanged(
                        kind=SubjectKind.INVITATION, verb="revoked", subject_id=expired_id, by=by
                    )
                )
            await uow.invitations.save(invitation)
            await self._limits.admit_invitation(uow, invitation.email)
            await self._mails.invite(uow, invitation, inviter)
            uow.record(_event("created", invitation, by, {}, _facts(invitation)))
            await uow.commit()
        return invitation

    async def read(self, invitation_id: UUID, by: Principal) -> Invitation:
        """Raises NotFoundError."""
        async with self._uow.reading(by) as uow:
            return await uow.invitations.get(invitation_id)

    async def page(self, query: InvitationQuery, by: Principal) -> Page[Invitation]:
        """Raises InvalidCursorError."""
        async with self._uow.reading(by) as uow:
            return await uow.invitations.page(query)

    @retried
    async def send_again(
        self, invitation_id: UUID, by: Principal, match: Precondition
    ) -> Invitation:
        """Send a new link, which restarts the validity period; older links become invalid.

        The sender becomes its inviter.

        Raises:
            PermissionDeniedError: the person may not, or may no longer, give the role.
            NotFoundError: there is no such invitation.
            PreconditionFailedError: it has changed.
            ConflictError: it was accepted.
            RateLimitedError: as `create`.
        """
        async with self._uow(by) as uow:
            sender = await lock_giver(uow, by)
            invitation = await _lock_open(uow, invitation_id, match)
            check_giver(sender, invitation.role)
            before = _facts(invitation)
            invitation.expires_at = now() + self._lifetime
            invitation.invited_by = sender.id
            await uow.invitations.save(invitation)
            await self._limits.admit_invitation(uow, invitation.email)
            await self._mails.invite(uow, invitation, sender)
            uow.record(_event("sent_again", invitation, by, before, _facts(invitation)))
            await uow.commit()
        return invitation

    @retried
    async def revoke(self, invitation_id: UUID, by: Principal, match: Precondition) -> None:
        """Invalidate all its links. Raises as `send_again` does."""
        async with self._uow(by) as uow:
            await _revoke(uow, await _lock_open(uow, invitation_id, match), by)
            await uow.commit()

    async def accept(self, data: InvitationAcceptance, client: Client) -> User:
        """Create the account. The address counts as verified: the mail was received there.

        Raises:
            InvalidInputError: the token is invalid, or the inviter may no longer give the role.
            ConflictError: the address already has an account.
            RateLimitedError, UnavailableError: too many wait.
        """
        async with self._hasher.turn(network_of(client.address)) as turn:
            async with self._uow.reading(SYSTEM) as reading:
                token = await find_token(reading, TokenPurpose.ACCEPT_INVITATION, data.token)
            password_hash = await turn.hash(data.password)
        async with self._uow(SYSTEM) as uow:
            invitation = await invitation_of(uow, token)
            await use_token(uow, token)
            user = User(
                email=invitation.email,
                full_name=data.full_name,
                role=invitation.role,
                password_hash=password_hash,
                email_verified_at=now(),
            )
            await uow.users.save(user)
            await uow.places.add(user)
            invitation.accept(user.id)
            await uow.invitations.save(invitation)
            uow.record(_event("accepted", invitation, None, {}, {"user_id": str(user.id)}))
            uow.record(created(SubjectKind.USER, user, None))
            await uow.commit()
        return user


async def withdraw_invitations(uow: IdentityUnit, inviter: User, by: Principal | None) -> None:
    """Revoke a person's invitations that they could no longer make. Lock the user first."""
    for invitation in await uow.invitations.lock_open_of(inviter.id):
        if not inviter.may_give(invitation.role):
            await _revoke(uow, invitation, by)


async def _lock_open(uow: IdentityUnit, invitation_id: UUID, match: Precondition) -> Invitation:
    """Return an open invitation, locked."""
    invitation = await uow.invitations.get(invitation_id, for_update=True)
    match.check(invitation.version)
    if invitation.accepted_at is not None:
        raise ConflictError("The invitation has already been accepted.")
    return invitation


async def _revoke(uow: IdentityUnit, invitation: Invitation, by: Principal | None) -> None:
    uow.record(_event("revoked", invitation, by, _facts(invitation), {}))
    await uow.invitations.delete(invitation)


async def invitation_of(uow: IdentityUnit, token: AccountToken) -> Invitation:
    """Return the invitation, locked; the unit goes on within its organisation.

    Checks again: it may have been revoked since the look-up, or its inviter may no longer invite.
    The inviter is locked first, as when their rights are taken away.

    Raises InvalidInputError.
    """
    invitation_id = token.invitation_id
    inviter_id = invitation_id and await uow.invitations.inviter_of(invitation_id)
    if invitation_id is None or inviter_id is None:
        raise dead_token()
    await uow.go_on_for(Invitation, invitation_id)
    # None who has left the organisation.
    for inviter in await uow.users.find_many([inviter_id], for_update=True):
        for invitation in await uow.invitations.find_many([invitation_id], for_update=True):
            if invitation.invited_by == inviter.id and inviter.may_give(invitation.role):
                return invitation
    raise dead_token()


def _facts(invitation: Invitation) -> dict[str, Any]:
    return invitation.model_dump(mode="json", include={"email", "role", "invited_by", "expires_at"})


def _event(
    verb: str,
    invitation: Invitation,
    by: Principal | None,
    before: dict[str, Any],
    after: dict[str, Any],
) -> ResourceChanged:
    return ResourceChanged(
        kind=SubjectKind.INVITATION,
        verb=verb,
        subject_id=invitation.id,
        by=by,
        changes=changes_between(before, after),
    )
