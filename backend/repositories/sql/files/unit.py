"""The repositories of files, for the units of work."""

from backend.repositories.sql.files.files import SqlFileRepository
from backend.repositories.sql.platform.provided import SqlRepositories, provided


class SqlFiles(SqlRepositories):
    files = provided(SqlFileRepository)
