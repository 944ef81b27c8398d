"""The repositories of platform, for the units of work."""

from backend.repositories.sql.platform.audit_events import SqlEventRepository
from backend.repositories.sql.platform.event_demands import SqlEventDemandRepository
from backend.repositories.sql.platform.idempotency import SqlIdempotencyRepository
from backend.repositories.sql.platform.provided import SqlRepositories, provided


class SqlPlatform(SqlRepositories):
    idempotency = provided(SqlIdempotencyRepository)
    events = provided(SqlEventRepository)
    event_demands = provided(SqlEventDemandRepository)
