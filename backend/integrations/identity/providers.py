"""The providers that the settings name."""

from backend.core.config import IdentityProviderSettings, OAuthClient, ProviderName
from backend.integrations.identity.github import GitHubProvider
from backend.integrations.identity.json_client import JsonClient
from backend.integrations.identity.openid import Issuer, OpenIdProvider
from backend.services.identity.providers import IdentityProvider, IdentityProviders

_GOOGLE = Issuer("Google", "https://accounts.google.com")
_MICROSOFT = "https://login.microsoftonline.com/{}/v2.0"
_DOMAIN_VERIFIED = "xms_edov"
"""Microsoft has no `email_verified`, and lets its admins give people any address."""


class OpenedProviders:
    """The configured providers, and their connections, of which none is opened yet."""

    def __init__(self, settings: IdentityProviderSettings) -> None:
        self._http = JsonClient()
        self.by_name: IdentityProviders = {
            name: _open(name, client, settings, self._http)
            for name, client in settings.clients.items()
        }

    async def close(self) -> None:
        """Close the connections to providers."""
        await self._http.close()


def _open(
    name: ProviderName, client: OAuthClient, settings: IdentityProviderSettings, http: JsonClient
) -> IdentityProvider:
    match name:
        case ProviderName.GOOGLE:
            return OpenIdProvider(_GOOGLE, client, http)
        case ProviderName.MICROSOFT:
            url = _MICROSOFT.format(settings.microsoft_tenant)
            return OpenIdProvider(Issuer("Microsoft", url, _DOMAIN_VERIFIED), client, http)
        case ProviderName.GITHUB:
            urls = settings.github_url.rstrip("/"), settings.github_api_url.rstrip("/")
            return GitHubProvider(*urls, client, http)
        case ProviderName.OIDC:
            issuer = Issuer(settings.oidc_name, str(settings.oidc_issuer))
            return OpenIdProvider(issuer, client, http)
