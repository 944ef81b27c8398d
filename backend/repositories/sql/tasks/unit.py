"""The repositories of work, for the units of work."""

from backend.repositories.sql.platform.provided import SqlRepositories, provided
from backend.repositories.sql.tasks.modules import SqlModuleRepository
from backend.repositories.sql.tasks.tasks import SqlTaskRepository


class SqlTasks(SqlRepositories):
    tasks = provided(SqlTaskRepository)
    modules = provided(SqlModuleRepository)
