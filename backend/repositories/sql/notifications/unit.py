"""The repositories of notifications, for the units of work."""

from backend.repositories.sql.notifications.notifications import SqlNotificationRepository
from backend.repositories.sql.platform.provided import SqlRepositories, provided


class SqlNotifications(SqlRepositories):
    notifications = provided(SqlNotificationRepository)
