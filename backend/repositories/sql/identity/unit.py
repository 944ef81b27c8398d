"""The repositories of identity, for the units of work."""

from backend.repositories.sql.identity.account_tokens import SqlAccountTokenRepository
from backend.repositories.sql.identity.api_keys import SqlApiKeyRepository
from backend.repositories.sql.identity.invitations import SqlInvitationRepository
from backend.repositories.sql.identity.linked_identities import SqlLinkedIdentityRepository
from backend.repositories.sql.identity.mail_limits import SqlMailRequestRepository
from backend.repositories.sql.identity.members import make_users
from backend.repositories.sql.identity.memberships import SqlMembershipRepository, make_places
from backend.repositories.sql.identity.organisations import SqlOrganisationRepository
from backend.repositories.sql.identity.passkeys import SqlPasskeyRepository
from backend.repositories.sql.identity.personal_data import SqlPersonalDataRepository
from backend.repositories.sql.identity.provider_sign_ins import SqlProviderSignInRepository
from backend.repositories.sql.identity.second_factors import SqlSecondFactorRepository
from backend.repositories.sql.identity.sessions import SqlSessionRepository
from backend.repositories.sql.identity.sign_in_failures import SqlSignInRepository
from backend.repositories.sql.platform.provided import SqlRepositories, provided


class SqlIdentity(SqlRepositories):
    users = provided(make_users)
    places = provided(make_places)
    memberships = provided(SqlMembershipRepository)
    sessions = provided(SqlSessionRepository)
    api_keys = provided(SqlApiKeyRepository)
    second_factors = provided(SqlSecondFactorRepository)
    linked_identities = provided(SqlLinkedIdentityRepository)
    passkeys = provided(SqlPasskeyRepository)
    provider_sign_ins = provided(SqlProviderSignInRepository)
    personal_data = provided(SqlPersonalDataRepository)
    sign_ins = provided(SqlSignInRepository)
    mail_requests = provided(SqlMailRequestRepository)
    account_tokens = provided(SqlAccountTokenRepository)
    organisations = provided(SqlOrganisationRepository)
    invitations = provided(SqlInvitationRepository)
