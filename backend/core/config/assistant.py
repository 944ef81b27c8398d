"""Settings of the assistant: the available language models, and how much each person may use."""

from decimal import Decimal
from enum import StrEnum

from pydantic import Field, HttpUrl, SecretStr, TypeAdapter, field_validator
from pydantic_settings import SettingsConfigDict

from backend.core.config.base import Section


class ModelProvider(StrEnum):
    """Who runs a language model."""

    OFFLINE = "offline"
    OPENAI = "openai"
    AZURE = "azure"
    COMPATIBLE = "compatible"


class LanguageModelSettings(Section):
    """The only source of keys: the database never holds one."""

    model_config = SettingsConfigDict(env_prefix="MODEL_")

    provider: ModelProvider = Field(
        default=ModelProvider.OFFLINE,
        description="offline, openai, azure or compatible; used when no configuration is named.",
    )
    name: str = Field(
        default="offline",
        min_length=1,
        max_length=200,
        description="The provider's name of the language model, such as gpt-5-mini.",
    )
    timeout_seconds: float = Field(
        default=60, gt=0, le=600, description="How long a provider may take for one answer."
    )
    retries: int = Field(
        default=2, ge=0, le=10, description="How often a failed request is sent again."
    )
    openai_api_key: SecretStr | None = Field(default=None, validation_alias="OPENAI_API_KEY")
    openai_base_url: str = Field(
        default="https://api.openai.com/v1", validation_alias="OPENAI_BASE_URL"
    )
    azure_api_key: SecretStr | None = Field(default=None, validation_alias="AZURE_OPENAI_API_KEY")
    azure_endpoint: str | None = Field(
        default=None,
        validation_alias="AZURE_OPENAI_ENDPOINT",
        description="https://<resource>.openai.azure.com",
    )
    azure_api_version: str = Field(
        default="2024-10-21", validation_alias="AZURE_OPENAI_API_VERSION"
    )
    compatible_url: str | None = Field(
        default=None,
        validation_alias="COMPATIBLE_URL",
        description="URL of any server that speaks OpenAI's protocol: http://localhost:11434/v1.",
    )
    compatible_api_key: SecretStr | None = Field(
        default=None,
        validation_alias="COMPATIBLE_API_KEY",
        description="Unset: the server requires none.",
    )

    @field_validator("openai_base_url", "azure_endpoint", "compatible_url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        return value and str(TypeAdapter(HttpUrl).validate_python(value)).rstrip("/")


class WebSearchSettings(Section):
    model_config = SettingsConfigDict(env_prefix="TAVILY_")

    api_key: SecretStr | None = Field(
        default=None, description="Unset: the assistant does not search the web."
    )
    url: str = "https://api.tavily.com"
    timeout_seconds: float = Field(default=15, gt=0, le=120)

    @field_validator("url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        return str(TypeAdapter(HttpUrl).validate_python(value)).rstrip("/")


class McpSettings(Section):
    model_config = SettingsConfigDict(env_prefix="MCP_")

    enabled: bool = Field(
        default=False, description="Let programs use the assistant's tools by MCP, at /mcp."
    )


class AssistantSettings(Section):
    """Limits for one request, and for one person per day (UTC)."""

    model_config = SettingsConfigDict(env_prefix="ASSISTANT_")

    model_calls: int = Field(
        default=12, ge=1, le=100, description="Calls of the language model in one request."
    )
    tokens: int = Field(
        default=100_000, ge=100, description="Input and output tokens of one request."
    )
    seconds: float = Field(default=120, gt=0, le=3600, description="For one request.")
    cost: Decimal = Field(
        default=Decimal(1), gt=0, description="US dollars for one request, if prices are known."
    )
    model_calls_per_day: int = Field(default=500, ge=1, description="The same, per person and day.")
    tokens_per_day: int = Field(default=2_000_000, ge=100)
    seconds_per_day: float = Field(default=7200, gt=0)
    cost_per_day: Decimal = Field(default=Decimal(10), gt=0)
    confirm_minutes: int = Field(
        default=15, ge=1, le=24 * 60, description="How long a planned action can be confirmed."
    )
    history_messages: int = Field(
        default=40,
        ge=1,
        le=1000,
        description="How many earlier messages of a chat the model is given.",
    )
