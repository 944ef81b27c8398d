"""The models of each provider, for pydantic-ai."""

from httpx2 import AsyncClient
from pydantic import SecretStr
from pydantic_ai.models import Model, create_async_httpx2_client as new_client
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers.azure import AzureProvider
from pydantic_ai.providers.openai import OpenAIProvider

from backend.core.config import LanguageModelSettings, ModelProvider
from backend.core.errors import ModelUnavailableError
from backend.integrations.assistant.language_models import has_offline_model
from backend.integrations.assistant.language_models.chat_model import CarefulChatModel
from backend.services.assistant.language_models import ModelChoice

_NO_KEY = "none"
"""For servers that require no key: the client always sends one."""
_PROFILES = {
    # Ollama and others support only `max_tokens`; OpenAI's newest models only the other name.
    ModelProvider.COMPATIBLE: OpenAIModelProfile(openai_chat_supports_max_completion_tokens=False)
}


class Providers:
    """Creates providers on demand. They share kept-alive connections."""

    def __init__(self, settings: LanguageModelSettings) -> None:
        self._settings = settings
        self._connections = new_client(timeout=settings.timeout_seconds)
        self._made: dict[ModelProvider, OpenAIProvider | AzureProvider] = {}
        self._offline = _offline_model()

    def model(self, choice: ModelChoice) -> Model:
        """Raises ModelUnavailableError, which names what is missing."""
        if choice.provider is ModelProvider.OFFLINE:
            if self._offline is None:
                raise ModelUnavailableError(
                    "The offline model is not installed: choose another model configuration."
                )
            return self._offline
        if choice.provider not in self._made:
            self._made[choice.provider] = _provider(
                choice.provider, self._settings, self._connections
            )
        profile = _PROFILES.get(choice.provider)
        return CarefulChatModel(choice.model, provider=self._made[choice.provider], profile=profile)

    async def close(self) -> None:
        await self._connections.aclose()


def _offline_model() -> Model | None:
    """None where its folder was left out."""
    if not has_offline_model():
        return None
    from backend.integrations.assistant.language_models.offline import (  # noqa: PLC0415  # may be missing
        OFFLINE_MODEL,
    )

    return OFFLINE_MODEL


def _provider(
    provider: ModelProvider, settings: LanguageModelSettings, connections: AsyncClient
) -> OpenAIProvider | AzureProvider:
    if provider is ModelProvider.AZURE:
        return AzureProvider(
            azure_endpoint=_needed(settings.azure_endpoint, "AZURE_OPENAI_ENDPOINT"),
            api_key=_needed(settings.azure_api_key, "AZURE_OPENAI_API_KEY"),
            api_version=settings.azure_api_version,
            http_client=connections,
        )
    if provider is ModelProvider.COMPATIBLE:
        url = _needed(settings.compatible_url, "COMPATIBLE_URL")
        key = _plain(settings.compatible_api_key) or _NO_KEY
    else:
        url = settings.openai_base_url
        key = _needed(settings.openai_api_key, "OPENAI_API_KEY")
    return OpenAIProvider(base_url=url, api_key=key, http_client=connections)


def _needed(value: SecretStr | str | None, variable: str) -> str:
    if text := _plain(value):
        return text
    raise ModelUnavailableError(f"This provider is not configured: an admin must set {variable}.")


def _plain(value: SecretStr | str | None) -> str | None:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
