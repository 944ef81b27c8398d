"""What one process keeps beside its services: caches, notices of others, connections elsewhere."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from backend.core.caching import CacheName, Caches, LocalCache
from backend.core.config import Settings
from backend.core.database import libpq_url
from backend.integrations.assistant.language_models import LanguageModelsOnDemand
from backend.integrations.assistant.tavily import TavilySearch, open_web_search
from backend.integrations.identity.providers import OpenedProviders
from backend.integrations.platform.listener import Audience, Listener
from backend.integrations.platform.wake_ups import NoticeBoard, Topic
from backend.integrations.webhooks.poster_on_demand import PosterOnDemand
from backend.models.platform.mixins import now
from backend.repositories.identity.sessions import Identity
from backend.repositories.platform.unit import Channel

_IDENTITIES = 10_000
# A limit in case a notice of a change was missed.
_IDENTITY_LIFETIME = timedelta(seconds=60)


@dataclass(frozen=True)
class ProcessState:
    """The state of one process, updated by notices while `listener` runs.

    `stopped` is set when the process is asked to stop, which ends all waiting.
    """

    identities: LocalCache[Identity]
    caches: Caches
    notices: NoticeBoard
    listener: Listener
    language_models: LanguageModelsOnDemand
    web_search: TavilySearch | None
    providers: OpenedProviders
    webhook_poster: PosterOnDemand
    stopped: asyncio.Event

    async def close(self) -> None:
        """Close the connections to external services."""
        await self.language_models.close()
        if self.web_search is not None:
            await self.web_search.close()
        await self.providers.close()
        await self.webhook_poster.close()


def process_state(settings: Settings) -> ProcessState:
    """Raises ConfigurationError if DATABASE_URL or MODEL_PROVIDER can't be used."""
    identities = LocalCache(_IDENTITIES, _lifetime)
    caches = Caches({CacheName.IDENTITY: identities})
    topics = {Channel(name): Topic() for name in set(Channel) - {Channel.CACHE}}
    audiences: dict[Channel, Audience] = {Channel.CACHE: caches, **topics}
    database = settings.database
    listener = Listener(libpq_url(database), database.connect_timeout_seconds, audiences)
    models = LanguageModelsOnDemand(settings.language_models)
    web = open_web_search(settings.web_search)
    return ProcessState(
        identities,
        caches,
        NoticeBoard(topics),
        listener,
        models,
        web,
        OpenedProviders(settings.identity_providers),
        PosterOnDemand(settings.webhooks),
        asyncio.Event(),
    )


def _lifetime(identity: Identity) -> timedelta:
    return min(_IDENTITY_LIFETIME, identity.expires_at - now())
