from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NoReturn
from uuid import UUID

from backend.core.addresses import network_of
from backend.core.attempts import retried
from backend.core.caching import CacheName
from backend.core.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
    unknown_reference,
)
from backend.core.passwords import PasswordHasher
from backend.core.permissions import Principal, Role, SubjectKind
from backend.core.preconditions import ANY_VERSION, Precondition
from backend.core.scopes import FIRST, SYSTEM, Scope, Within
from backend.models.identity.account_tokens import TokenPurpose
from backend.models.identity.sessions import Client
from backend.models.identity.users import (
    User,
    UserBase,
    UserCreate,
    UserQuery,
    UserRegister,
    UserUpdate,
)
from backend.models.platform.domain_events import ResourceChanged, changes_between
from backend.models.platform.fields import email_to_look_up
from backend.models.platform.idempotency import Answered, IdempotencyKey, Outcome, Replay, Replayed
from backend.models.platform.paging import Page
from backend.repositories.identity.unit import IdentityUnit, IdentityUnits
from backend.services.identity.api_keys import end_keys
from backend.services.identity.invitations import withdraw_invitations
from backend.services.identity.mail_limits import MailRequestLimits
from backend.services.identity.role_grants import lock_giver
from backend.services.identity.security_mails import PASSWORD_RESET, tell_owner
from backend.services.identity.sessions import end_sessions
from backend.services.identity.token_mails import AccountMails
from backend.services.platform.change_events import created


@dataclass(frozen=True)
class Registration:
    """Self-registration: the role of new accounts, and the mail that verifies the address."""

    role: Role
    mails: AccountMails
    limits: MailRequestLimits


class UserService:
    """Accounts. At least one active admin remains, even under concurrent changes."""

    def __init__(
        self,
        uow: IdentityUnits,
        hasher: PasswordHasher,
        registration: Registration | None,
    ) -> None:
        """`registration`: None if it is closed."""
        self._uow = uow
        self._hasher = hasher
        self._registration = registration

    async def register(self, data: UserRegister, client: Client) -> User:
        """Create an account by self-registration.

        Raises:
            PermissionDeniedError: registration is closed.
            RateLimitedError, UnavailableError: too many mails were requested, or too many requests
                are waiting.
            ConflictError: there is a user with the address.
        """
        opened = self._registration
        if opened is None:
            raise PermissionDeniedError("Registration is closed; ask an admin for an account.")

        async with self._hasher.turn(network_of(client.address)) as turn:
            async with self._uow.reading(SYSTEM) as reading:
                await opened.limits.check(reading, data.email, client.address)
                known = await reading.users.find_by_email(data.email)
            if known:
                await self._refuse(opened, data.email, client)
            user = _user(data, await turn.hash(data.password), opened.role)
        async with self._uow(SYSTEM) as uow:
            await opened.limits.admit_answered(uow, user.email, client.address)
            await uow.users.save(user)
            uow.record(created(SubjectKind.USER, user, None))
            await opened.mails.verify_email(uow, user)
            await uow.commit()
        return user

    async def _refuse(self, opened: Registration, email: str, client: Client) -> NoReturn:
        async with self._uow(SYSTEM) as uow:
            await opened.limits.admit_answer(uow, email, client.address)
            await uow.commit()
        raise ConflictError("A user with this e-mail address already exists.")

    async def create(
        self,
        data: UserCreate,
        by: Principal | None,
        key: IdempotencyKey | None = None,
        within: Within = FIRST,
    ) -> Outcome[User]:
        """Create an account for somebody else, in the caller's organisation.

        Args:
            within: the organisation, if nobody is the caller.

        Raises:
            PermissionDeniedError: the person may not give the role, or not any more.
            ConflictError: there is a user with the address.
        """
        password_hash = await self._hasher.hash(data.password, by.user_id if by else None)
        user = _user(data, password_hash, data.role)
        async with self._uow(by or within) as uow:
            match await uow.idempotency.claim(key, user.id):
                case Replay(earlier):
                    return Replayed(await uow.users.get(earlier))
                case Answered() as answered:
                    return answered
            if by is not None:
                await lock_giver(uow, by, user.role)
            await uow.users.save(user)
            await uow.places.add(user)
            uow.record(created(SubjectKind.USER, user, by))
            await uow.commit()
        return user

    async def read(self, user_id: UUID, by: Principal) -> User:
        """Raises NotFoundError."""
        async with self._uow.reading(by) as uow:
            return await uow.users.get(user_id)

    async def page(self, query: UserQuery, scope: Scope) -> Page[User]:
        """Raises InvalidCursorError."""
        async with self._uow.reading(scope) as uow:
            return await uow.users.page(query)

    @retried
    async def update_self(self, data: UserUpdate, by: Principal, match: Precondition) -> User:
        """Raises PreconditionFailedError."""
        async with self._changing(by.user_id, by, match) as (_, user):
            user.sqlmodel_update(data.changes())
        return user

    @retried
    async def set_role(
        self, user_id: UUID, role: Role, by: Principal | None, match: Precondition = ANY_VERSION
    ) -> User:
        """Change the role of a user, and revoke their invitations to higher roles.

        Raises:
            NotFoundError: there is no such user.
            PreconditionFailedError: the user has changed.
            PermissionDeniedError: the person may not, or may no longer, give or take the roles.
            ConflictError: this is the last active admin.
        """
        async with self._changing_rights(user_id, by, match, "role_changed") as (uow, user):
            if by is not None:
                await lock_giver(uow, by, user.role, role)
            user.role = role
        return user

    @retried
    async def deactivate(
        self, user_id: UUID, by: Principal | None, match: Precondition = ANY_VERSION
    ) -> User:
        """Lock the user out; their sessions, API keys, links in mails and invitations end.

        Raises as `set_role` does.
        """
        async with self._changing_rights(user_id, by, match, "deactivated") as (uow, user):
            if by is not None:
                await lock_giver(uow, by, user.role)
            user.is_active = False
            await end_sessions(uow, user_id, by)
            await end_keys(uow, user_id, by)
            for purpose in (TokenPurpose.RESET_PASSWORD, TokenPurpose.VERIFY_EMAIL):
                await uow.account_tokens.take_back_of_user(purpose, user_id)
        return user

    @retried
    async def activate(
        self, user_id: UUID, by: Principal | None, match: Precondition = ANY_VERSION
    ) -> User:
        """Raises NotFoundError, PreconditionFailedError, or ConflictError if it was erased."""
        async with self._changing(user_id, by, match, "activated") as (_, user):
            if user.erased_at is not None:
                raise ConflictError("This account was erased: it is nobody's any more.")
            user.is_active = True
        return user

    async def find_by_email(self, email: str, by: Principal | None = None) -> User:
        """For the command line and the assistant. Raises NotFoundError."""
        async with self._uow.reading(by or SYSTEM) as uow:
            user = await uow.users.find_by_email(email_to_look_up(email))
        if user is None:
            raise NotFoundError(f"There is no user with the e-mail address {email}.")
        return user

    async def reset_password(self, user_id: UUID, password: str) -> None:
        """For the command line: set a password without the old one and end all sessions.

        Raises:
            NotFoundError: there is no such user.
            ConflictError: it is a service, which has no password.
        """
        password_hash = await self._hasher.hash(password)
        async with self._changing(user_id, None, ANY_VERSION) as (uow, user):
            if user.is_service:
                raise ConflictError("This is a service: it has an API key, and no password.")
            user.password_hash = password_hash
            event = _password_reset(user)
            uow.record(event)
            await tell_owner(uow, user, PASSWORD_RESET, event, None)
            await end_sessions(uow, user_id, None)
            await uow.account_tokens.take_back_of_user(TokenPurpose.RESET_PASSWORD, user_id)

    @asynccontextmanager
    async def _changing(
        self,
        user_id: UUID,
        by: Principal | None,
        match: Precondition,
        verb: str = "updated",
    ) -> AsyncIterator[tuple[IdentityUnit, User]]:
        """Lock a user, let the caller change it, and commit."""
        async with self._uow(by or SYSTEM) as uow:
            async with _changing(uow, user_id, by, match, verb) as user:
                yield uow, user
            await uow.commit()

    @asynccontextmanager
    async def _changing_rights(
        self, user_id: UUID, by: Principal | None, match: Precondition, verb: str
    ) -> AsyncIterator[tuple[IdentityUnit, User]]:
        """Like `_changing`, one at a time: keeps an admin, revokes excessive invitations."""
        async with self._uow(by or SYSTEM) as uow:
            active_admins = await uow.users.lock_active_admins()
            async with _changing(uow, user_id, by, match, verb) as user:
                yield uow, user
                if active_admins == {user.id} and not user.is_active_admin:
                    raise ConflictError(
                        "This is the last active admin; make another user admin first."
                    )
                await withdraw_invitations(uow, user, by)
                await uow.sessions.revoke_impersonations_by(user.id)
            await uow.commit()


@asynccontextmanager
async def _changing(
    uow: IdentityUnit, user_id: UUID, by: Principal | None, match: Precondition, verb: str
) -> AsyncIterator[User]:
    """Lock a user, let the caller change it, and record what has changed."""
    user = await uow.users.get(user_id, for_update=True)
    match.check(user.version)
    before = user.facts()
    yield user
    # Role, state and sessions are cached.
    uow.forget(CacheName.IDENTITY, user.id)
    await uow.users.save(user)
    if changes := changes_between(before, user.facts()):
        uow.record(
            ResourceChanged(
                kind=SubjectKind.USER, verb=verb, subject_id=user_id, by=by, changes=changes
            )
        )


def _user(data: UserBase, password_hash: str, role: Role) -> User:
    return User.from_input(data, password_hash=password_hash, role=role)


def _password_reset(user: User) -> ResourceChanged:
    return ResourceChanged(kind=SubjectKind.USER, verb="password_reset", subject_id=user.id)


async def check_active_user(uow: IdentityUnit, field: str, user_id: UUID) -> None:
    """Raises InvalidInputError if the user does not exist or is deactivated."""
    require_active(field, await uow.users.find(user_id))


def require_active(field: str, user: User | None) -> None:
    """Of the user whom a field names. Raises InvalidInputError as `check_active_user` does."""
    if user is None:
        raise unknown_reference(field, "user")
    if not user.is_active:
        raise InvalidInputError(field, "This user is deactivated; choose another.")
