"""The repositories of webhooks, for the units of work."""

from backend.repositories.sql.platform.provided import SqlRepositories, provided
from backend.repositories.sql.webhooks.deliveries import SqlDeliveryRepository
from backend.repositories.sql.webhooks.incoming import SqlIncomingRepository
from backend.repositories.sql.webhooks.queues import SqlWebhookQueueRepository
from backend.repositories.sql.webhooks.webhooks import SqlWebhookRepository


class SqlWebhooks(SqlRepositories):
    webhooks = provided(SqlWebhookRepository)
    webhook_deliveries = provided(SqlDeliveryRepository)
    webhook_queues = provided(SqlWebhookQueueRepository)
    incoming = provided(SqlIncomingRepository)
