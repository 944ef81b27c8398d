"""The repositories of work, for the units of work."""

from backend.repositories.sql.platform.provided import SqlRepositories, provided
from backend.repositories.sql.work.modules import SqlModuleRepository
from backend.repositories.sql.work.tasks import SqlTaskRepository


class SqlWork(SqlRepositories):
    tasks = provided(SqlTaskRepository)
    modules = provided(SqlModuleRepository)
