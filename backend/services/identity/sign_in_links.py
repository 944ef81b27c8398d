"""Where browsers go when people sign in with a provider."""

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from backend.core.config import ProviderName
from backend.core.errors import InvalidInputError

_LOOPBACK = {"127.0.0.1", "[::1]", "localhost"}


@dataclass(frozen=True)
class SignInLinks:
    """
    Attributes:
        frontend: PUBLIC_URL, whose page `/sign-in` takes the code; with None the documentation of
            `server` is shown, with the code in its address.
        server: API_URL, this server as browsers reach it.
    """

    frontend: str | None
    server: str

    def callback(self, provider: ProviderName) -> str:
        """Return the address to register with the provider."""
        return f"{self.server}/api/v1/auth/oidc/{provider}/callback"

    def redirect_uri(self, provider: ProviderName, given: str | None) -> str:
        """Return where the provider sends the browser: to this server, or to the client itself.

        Raises:
            InvalidInputError: it is neither on the device of the client nor a page of the frontend.
        """
        if given is None:
            return self.callback(provider)
        url = urlsplit(given)
        on_device = url.scheme == "http" and url.netloc.rpartition(":")[0] in _LOOPBACK
        in_frontend = self.frontend is not None and given.startswith(f"{self.frontend}/")
        if on_device or in_frontend:
            return given
        detail = "must be http://127.0.0.1 with a port, or a page below PUBLIC_URL"
        raise InvalidInputError("redirect_uri", detail)

    def page(self, **values: str) -> str:
        """Return the page of the frontend that signing in ends at.

        The values follow a #: browsers do not send it to servers, so no log contains them.
        """
        page = f"{self.server}/docs" if self.frontend is None else f"{self.frontend}/sign-in"
        return f"{page}#{urlencode(values)}"
