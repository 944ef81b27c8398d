"""The way to a provider and back, at whose end a code is handed over."""

from typing import NoReturn

from backend.core.config import ProviderName, SecuritySettings
from backend.core.errors import AuthenticationError, DomainError, NotFoundError, UnavailableError
from backend.core.logging import get_logger
from backend.core.scopes import SYSTEM
from backend.core.security import new_token, token_hash
from backend.models.identity.provider_sign_ins import (
    BrowserAnswer,
    HandedOver,
    ProviderAnswer,
    ProviderPublic,
    ProviderSignIn,
    ProvidersOffered,
    SignInStart,
    SignInStarted,
)
from backend.models.identity.sessions import Client
from backend.models.platform.fields import normalise_email
from backend.models.platform.shortening import one_line, shortened
from backend.repositories.identity.unit import IdentityUnits
from backend.services.identity.providers import (
    IdentityProvider,
    OfferedProviders,
    ProvidedPerson,
    ProviderRefusedError,
    ProviderUnavailableError,
)
from backend.services.identity.sign_in_attempts import SignInAttempts
from backend.services.identity.sign_in_states import SignInState, SignInStates, dead_state

_LONGEST_NAME = 200
_log = get_logger(__name__)


class ProviderCallbacks:
    """Nothing is stored until a provider vouches for somebody, and no connection is held meanwhile.

    Who then gets a session, or links the identity, is decided when the code is used, which the
    client that has begun alone can do.
    """

    def __init__(
        self,
        uow: IdentityUnits,
        offered: OfferedProviders,
        settings: SecuritySettings,
    ) -> None:
        self._uow = uow
        self._providers = offered.by_name
        self._links = offered.links
        self._states = SignInStates(settings)
        self._attempts = SignInAttempts(settings)

    def offered(self) -> ProvidersOffered:
        """Return the providers that are configured."""
        providers = [
            ProviderPublic(provider=name, name=each.title) for name, each in self._providers.items()
        ]
        return ProvidersOffered(providers=providers)

    async def start(self, name: ProviderName, data: SignInStart) -> SignInStarted:
        """Return where to send the browser.

        Raises:
            NotFoundError: the provider is not configured.
            InvalidInputError: it may not send the browser back to the address.
            UnavailableError: the provider does not answer.
        """
        provider = self._provider(name)
        redirect_uri = self._links.redirect_uri(name, data.redirect_uri)
        attempt = self._states.new(name, redirect_uri, data.code_challenge)
        try:
            url = await provider.authorization_url(attempt)
        except ProviderUnavailableError as error:
            raise _unavailable(name, error) from None
        return SignInStarted(url=url, state=attempt.state)

    async def receive(
        self, name: ProviderName, answer: ProviderAnswer, client: Client
    ) -> HandedOver:
        """Return a code for whom the provider vouches for.

        Raises:
            NotFoundError: the provider is not configured.
            InvalidInputError: the state is not one of ours, was used or has expired.
            AuthenticationError: the provider refuses its code, or its token is not for this
                attempt; the failure is recorded.
            RateLimitedError: there were too many failures.
            UnavailableError: the provider does not answer.
        """
        provider = self._provider(name)
        redirect_uri = self._links.redirect_uri(name, answer.redirect_uri)
        state = self._states.read(name, redirect_uri, answer.state)
        async with self._uow.reading(SYSTEM) as reading:
            await self._attempts.look(reading, state.id.hex, client.address)
        try:
            person = await provider.redeem(answer.code, state.attempt)
        except ProviderUnavailableError as error:
            raise _unavailable(name, error) from None
        except ProviderRefusedError as error:
            await self._fail(name, state, client, error)
        return await self._hand_over(name, state, person)

    async def receive_in_browser(
        self, name: ProviderName, answer: BrowserAnswer, client: Client
    ) -> str:
        """Return the page of the frontend to show, with a code or the reason why there is none.

        Raises NotFoundError if the provider is not configured.
        """
        self._provider(name)
        if answer.code is None or answer.state is None:
            return self._links.page(error=shortened(answer.error or "failed", 60))
        given = ProviderAnswer(code=answer.code, state=answer.state)
        try:
            handed = await self.receive(name, given, client)
        except DomainError as error:
            return self._links.page(error="failed", reason=error.detail)
        return self._links.page(code=handed.code)

    def _provider(self, name: ProviderName) -> IdentityProvider:
        provider = self._providers.get(name)
        if provider is None:
            raise NotFoundError(f"Nobody signs in with {name} here.")
        return provider

    async def _hand_over(
        self, name: ProviderName, state: SignInState, person: ProvidedPerson
    ) -> HandedOver:
        code, email = new_token(), _normal(person.email)
        arrived = ProviderSignIn(
            id=state.id,
            provider=name,
            subject=person.subject,
            email=email,
            is_email_verified=email is not None and person.is_email_verified,
            full_name=shortened(one_line(person.full_name or ""), _LONGEST_NAME) or None,
            code_hash=token_hash(code),
            code_challenge=state.code_challenge,
        )
        async with self._uow(SYSTEM) as uow:
            if not await uow.provider_sign_ins.add_missing([arrived]):
                raise dead_state()
            await uow.commit()
        return HandedOver(code=code)

    async def _fail(
        self, name: ProviderName, state: SignInState, client: Client, why: ProviderRefusedError
    ) -> NoReturn:
        _log.info("sign_in_refused", provider=name.value, reason=str(why))
        facts = {"address": client.address, "provider": name.value}
        async with self._uow(SYSTEM) as uow:
            attempt = await self._attempts.begin(uow, state.id.hex, client.address)
            await self._attempts.fail(uow, attempt, None, **facts)
        raise AuthenticationError("The provider did not confirm who you are. Begin again.")


def _normal(email: str | None) -> str | None:
    """Return the address as accounts have it; None for what is not an address."""
    try:
        return normalise_email(email) if email else None
    except ValueError:
        return None


def _unavailable(name: ProviderName, error: ProviderUnavailableError) -> UnavailableError:
    _log.warning("provider_unavailable", provider=name.value, reason=str(error))
    return UnavailableError("The provider does not answer as it should. Try again later.")
