"""The repositories of search, for the units of work."""

from backend.repositories.sql.platform.provided import SqlRepositories, provided
from backend.repositories.sql.search.search import SqlSearchRepository


class SqlSearch(SqlRepositories):
    search = provided(SqlSearchRepository)
