"""The repositories of exchange, for the units of work."""

from backend.repositories.sql.exchange.reports import SqlReportRepository
from backend.repositories.sql.platform.provided import SqlRepositories, provided


class SqlExchange(SqlRepositories):
    reports = provided(SqlReportRepository)
