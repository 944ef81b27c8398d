"""Whose account it is that a provider vouches for."""

from backend.core.errors import AuthenticationError, ConflictError, PermissionDeniedError
from backend.core.passwords import NO_PASSWORD
from backend.core.permissions import Principal, SubjectKind
from backend.models.identity.linked_identities import LinkedIdentity
from backend.models.identity.provider_sign_ins import ProviderSignIn
from backend.models.identity.users import User, UserBase
from backend.models.platform.domain_events import ResourceChanged, changes_between
from backend.models.platform.mixins import now
from backend.repositories.identity.unit import IdentityUnit
from backend.services.identity.providers import IdentityProviders
from backend.services.identity.token_mails import AccountMails
from backend.services.identity.users import Registration
from backend.services.identity.ways_in import end_ways_in
from backend.services.platform.change_events import created

_BY_HAND = "Sign in to it, and link the identity under `/auth/identities`."


class ProviderAccounts:
    """Finds the account of an identity; links it by its address, or opens one for it."""

    def __init__(
        self,
        providers: IdentityProviders,
        mails: AccountMails,
        registration: Registration | None,
    ) -> None:
        """`registration`: None if it is closed."""
        self._providers = providers
        self._mails = mails
        self._registration = registration

    async def of(self, uow: IdentityUnit, arrived: ProviderSignIn) -> User:
        """Return the user, locked.

        Raises:
            AuthenticationError: the account is deactivated.
            ConflictError: there is an account with the address that may not be linked by it, or the
                provider gives no address for a new one.
            PermissionDeniedError: registration is closed.
        """
        identity = await uow.linked_identities.lock_and_find(arrived.provider, arrived.subject)
        if identity is not None:
            user = await uow.users.get(identity.user_id, for_update=True)
        elif known := await self._with_address(uow, arrived):
            user, identity = known, await self.link(uow, known, arrived, None)
            await _hand_to_owner(uow, user, identity)
        else:
            user = await self._open(uow, arrived)
            identity = await _add(uow, user, arrived, None)
        if not user.can_sign_in:
            raise AuthenticationError("The account is deactivated.")
        uow.record(_used(identity))
        return user

    async def link(
        self, uow: IdentityUnit, user: User, arrived: ProviderSignIn, by: Principal | None
    ) -> LinkedIdentity:
        """Link an identity to a user, who is locked, and tell them by mail.

        Raises ConflictError if it is linked already.
        """
        identity = await _add(uow, user, arrived, by)
        title = self._providers[arrived.provider].title
        await self._mails.identity_linked(uow, user, identity, title, lost_password=by is None)
        return identity

    async def _with_address(self, uow: IdentityUnit, arrived: ProviderSignIn) -> User | None:
        """Return the user with the same address, locked, if both sides have verified it.

        Otherwise somebody could get into an account by claiming its address there, or keep
        themselves a way into that of somebody else by opening it here before them.
        """
        if arrived.email is None:
            return None
        user = await uow.users.find_by_email(arrived.email, for_update=True)
        if user is None:
            return None
        if not arrived.is_email_verified:
            raise ConflictError(f"There is an account with this e-mail address. {_BY_HAND}")
        if user.email_verified_at is None:
            raise ConflictError(
                "There is an account with this e-mail address, which nobody has verified. Set a "
                "password with the link of `POST /auth/password-reset`, then sign in again."
            )
        return user

    async def _open(self, uow: IdentityUnit, arrived: ProviderSignIn) -> User:
        opened = self._registration
        if opened is None:
            raise PermissionDeniedError("Registration is closed; ask an admin for an account.")
        if arrived.email is None:
            raise ConflictError(
                "The provider gives no e-mail address: allow it there, or register and link the "
                "identity under `/auth/identities`."
            )
        data = UserBase(
            email=arrived.email, full_name=arrived.full_name or arrived.email.partition("@")[0]
        )
        verified_at = now() if arrived.is_email_verified else None
        user = User.from_input(
            data, password_hash=NO_PASSWORD, role=opened.role, email_verified_at=verified_at
        )
        await uow.users.save(user)
        uow.record(created(SubjectKind.USER, user, None))
        if verified_at is None:
            await opened.mails.verify_email(uow, user)
        return user


async def _add(
    uow: IdentityUnit, user: User, arrived: ProviderSignIn, by: Principal | None
) -> LinkedIdentity:
    identity = LinkedIdentity(
        provider=arrived.provider, subject=arrived.subject, email=arrived.email, user_id=user.id
    )
    await uow.linked_identities.save(identity)
    uow.record(created(SubjectKind.IDENTITY, identity, by))
    return identity


async def _hand_to_owner(uow: IdentityUnit, user: User, identity: LinkedIdentity) -> None:
    """Leave the identity as the only way in."""
    user.password_hash = NO_PASSWORD
    await uow.users.save(user)
    await end_ways_in(uow, user, keep=identity.id)
    uow.record(ResourceChanged(kind=SubjectKind.USER, verb="password_removed", subject_id=user.id))


def _used(identity: LinkedIdentity) -> ResourceChanged:
    facts = {"user_id": str(identity.user_id), "provider": identity.provider.value}
    return ResourceChanged(
        kind=SubjectKind.IDENTITY,
        verb="used",
        subject_id=identity.id,
        changes=changes_between({}, facts),
    )
