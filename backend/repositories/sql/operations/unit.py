"""The repositories of operations, for the units of work."""

from backend.repositories.sql.operations.retention import SqlCleanUpRepository
from backend.repositories.sql.platform.provided import SqlRepositories, provided


class SqlOperations(SqlRepositories):
    clean_up = provided(SqlCleanUpRepository)
