"""The unit of work as the services of identity see it."""

from typing import Protocol

from backend.repositories.identity.account_tokens import AccountTokenRepository
from backend.repositories.identity.api_keys import ApiKeyRepository
from backend.repositories.identity.invitations import InvitationRepository
from backend.repositories.identity.linked_identities import LinkedIdentityRepository
from backend.repositories.identity.mail_limits import MailRequestRepository
from backend.repositories.identity.memberships import MembershipRepository, PlaceRepository
from backend.repositories.identity.organisations import OrganisationRepository
from backend.repositories.identity.passkeys import PasskeyRepository
from backend.repositories.identity.personal_data import PersonalDataRepository
from backend.repositories.identity.provider_sign_ins import ProviderSignInRepository
from backend.repositories.identity.second_factors import SecondFactorRepository
from backend.repositories.identity.sessions import SessionRepository
from backend.repositories.identity.sign_in_failures import SignInRepository
from backend.repositories.identity.users import UserRepository
from backend.repositories.mail.unit import MailReading, MailUnit
from backend.repositories.platform.unit import Units


class IdentityReading(MailReading, Protocol):
    @property
    def users(self) -> UserRepository: ...
    @property
    def sessions(self) -> SessionRepository: ...
    @property
    def api_keys(self) -> ApiKeyRepository: ...
    @property
    def second_factors(self) -> SecondFactorRepository: ...
    @property
    def linked_identities(self) -> LinkedIdentityRepository: ...
    @property
    def passkeys(self) -> PasskeyRepository: ...
    @property
    def provider_sign_ins(self) -> ProviderSignInRepository: ...
    @property
    def personal_data(self) -> PersonalDataRepository: ...
    @property
    def sign_ins(self) -> SignInRepository: ...
    @property
    def mail_requests(self) -> MailRequestRepository: ...
    @property
    def account_tokens(self) -> AccountTokenRepository: ...
    @property
    def places(self) -> PlaceRepository: ...
    @property
    def memberships(self) -> MembershipRepository: ...
    @property
    def organisations(self) -> OrganisationRepository: ...
    @property
    def invitations(self) -> InvitationRepository: ...


class IdentityUnit(IdentityReading, MailUnit, Protocol):
    """A transaction."""


IdentityUnits = Units[IdentityUnit, IdentityReading]
