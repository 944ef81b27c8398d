"""Every setting of the program, nested by concern.

Settings come from the environment, then from `.env`, then from files in `SECRETS_DIR` (one file a
setting, named like the variable). They are read once, by the composition roots, and handed on.
"""

from backend.core.config.accounts import DEVELOPMENT_SECRET, MailSettings, SecuritySettings
from backend.core.config.assistant import (
    AssistantSettings,
    LanguageModelSettings,
    McpSettings,
    ModelProvider,
    WebSearchSettings,
)
from backend.core.config.background import ExecutionSettings, RetentionSettings, WorkerSettings
from backend.core.config.base import ConfigurationError, Environment, Section
from backend.core.config.incoming import IncomingSettings
from backend.core.config.passkeys import PasskeySettings, RelyingParty
from backend.core.config.process import (
    SEED_PASSWORD,
    GeneralSettings,
    LoggingSettings,
    SeedSettings,
)
from backend.core.config.serving import (
    DEFAULT_FILE_TYPES,
    DatabaseSettings,
    FileSettings,
    SearchSettings,
    ServerSettings,
)
from backend.core.config.settings import Settings, variable_name
from backend.core.config.sign_in import IdentityProviderSettings, OAuthClient, ProviderName
from backend.core.config.webhooks import WebhookSettings

__all__ = [
    "DEFAULT_FILE_TYPES",
    "DEVELOPMENT_SECRET",
    "SEED_PASSWORD",
    "AssistantSettings",
    "ConfigurationError",
    "DatabaseSettings",
    "Environment",
    "ExecutionSettings",
    "FileSettings",
    "GeneralSettings",
    "IdentityProviderSettings",
    "IncomingSettings",
    "LanguageModelSettings",
    "LoggingSettings",
    "MailSettings",
    "McpSettings",
    "ModelProvider",
    "OAuthClient",
    "PasskeySettings",
    "ProviderName",
    "RelyingParty",
    "RetentionSettings",
    "SearchSettings",
    "Section",
    "SecuritySettings",
    "SeedSettings",
    "ServerSettings",
    "Settings",
    "WebSearchSettings",
    "WebhookSettings",
    "WorkerSettings",
    "variable_name",
]
