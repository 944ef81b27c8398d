"""The services of identity."""

from datetime import timedelta

from backend.core.caching import Cache
from backend.core.config import Settings
from backend.core.passwords import PasswordHasher
from backend.core.permissions import Role
from backend.core.security import AccessTokens
from backend.repositories.identity.sessions import Identity
from backend.repositories.identity.unit import IdentityUnits
from backend.services.identity.account_closing import AccountClosingService
from backend.services.identity.account_tokens import AccountTokens
from backend.services.identity.api_keys import ApiKeyService
from backend.services.identity.auth import AuthService
from backend.services.identity.email_changes import EmailChangeService
from backend.services.identity.email_verification import EmailVerificationService
from backend.services.identity.fresh_proof import FreshProof
from backend.services.identity.impersonations import ImpersonationService
from backend.services.identity.invitations import InvitationService
from backend.services.identity.key_access import ApiKeyAccess
from backend.services.identity.linked_identities import LinkedIdentityService
from backend.services.identity.mail_limits import MailRequestLimits
from backend.services.identity.members import MemberService
from backend.services.identity.organisations import OrganisationService
from backend.services.identity.passkey_check import PasskeyCheck
from backend.services.identity.passkey_sign_in import PasskeySignInService
from backend.services.identity.passkeys import PasskeyService
from backend.services.identity.password_check import PasswordCheck
from backend.services.identity.password_resets import PasswordResetService
from backend.services.identity.provider_accounts import ProviderAccounts
from backend.services.identity.provider_callbacks import ProviderCallbacks
from backend.services.identity.provider_sign_in import ProviderSignInService
from backend.services.identity.providers import OfferedProviders
from backend.services.identity.rights import PresentRights
from backend.services.identity.second_factor_check import SecondFactorCheck
from backend.services.identity.second_factor_rule import SecondFactorRule
from backend.services.identity.second_factors import SecondFactorService
from backend.services.identity.second_step import SecondStep
from backend.services.identity.session_ends import SessionEndService
from backend.services.identity.session_start import SessionStart
from backend.services.identity.sessions import SessionService
from backend.services.identity.switching import SwitchingService
from backend.services.identity.token_mails import AccountMails
from backend.services.identity.users import Registration, UserService


class IdentityServices:
    def __init__(
        self,
        uow: IdentityUnits,
        settings: Settings,
        identities: Cache[Identity],
        *,
        offered: OfferedProviders,
        organisations: OrganisationService,
    ) -> None:
        security = settings.security
        hasher, access_tokens = PasswordHasher(), AccessTokens(security)
        rule = SecondFactorRule(frozenset(security.require_second_factor))
        rights = PresentRights(uow, identities, rule)
        tokens, limits = AccountTokens(security), MailRequestLimits(security)
        self.account_mails = token_mails = AccountMails(tokens)
        opened = (
            Registration(_role_of_new(settings), token_mails, limits)
            if settings.registration_enabled
            else None
        )
        lasting = timedelta(days=security.refresh_token_days)
        leeway = timedelta(seconds=security.refresh_leeway_seconds)
        passwords = PasswordCheck(uow, hasher, security)
        passkeys = PasskeyCheck(security, settings.relying_party)
        factors = SecondFactorCheck(security, passkeys)
        proof = FreshProof(passwords, factors, rule)
        starts = SessionStart(access_tokens, lasting)
        self.second_step = SecondStep(uow, tokens, starts, factors, rule)
        self.second_factors = SecondFactorService(uow, factors, proof, rule)
        self.passkeys = PasskeyService(uow, passkeys, proof, rule)
        self.passkey_sign_in = PasskeySignInService(uow, passkeys, starts, security)
        accounts = ProviderAccounts(offered.by_name, token_mails, opened)
        self.provider_callbacks = ProviderCallbacks(uow, offered, security)
        self.provider_sign_in = ProviderSignInService(uow, accounts, starts, self.second_step)
        self.linked_identities = LinkedIdentityService(uow, accounts, passwords)
        self.auth = AuthService(uow, hasher, passwords, starts, self.second_step, leeway)
        self.rights = rights
        grace = timedelta(days=security.erasure_days)
        self.account_closing = AccountClosingService(uow, passwords, token_mails, grace)
        self.impersonations = ImpersonationService(uow, access_tokens, token_mails)
        self.session_ends = SessionEndService(uow)
        self.sessions = SessionService(uow, access_tokens, rights)
        self.api_keys = ApiKeyService(uow)
        self.key_access = ApiKeyAccess(uow, rights)
        self.users = UserService(uow, hasher, opened)
        self.email_verification = EmailVerificationService(uow, token_mails, limits)
        self.email_changes = EmailChangeService(uow, passwords, token_mails, limits)
        self.password_resets = PasswordResetService(uow, hasher, token_mails, limits)
        self.invitations = InvitationService(uow, hasher, token_mails, tokens, limits)
        self.organisations = organisations
        self.members = MemberService(uow)
        self.switching = SwitchingService(uow, starts, rule)


def _role_of_new(settings: Settings) -> Role:
    """Where there are many organisations, whoever registers belongs to none."""
    if settings.database.has_many_organisations:
        return Role.GUEST
    return settings.security.registration_role
