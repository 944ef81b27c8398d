"""The repositories of background, for the units of work."""

from backend.repositories.sql.background.execution_steps import SqlExecutionStepRepository
from backend.repositories.sql.background.executions import SqlExecutionRepository
from backend.repositories.sql.background.jobs import SqlJobRepository
from backend.repositories.sql.platform.provided import SqlRepositories, provided


class SqlBackground(SqlRepositories):
    executions = provided(SqlExecutionRepository)
    execution_steps = provided(SqlExecutionStepRepository)
    jobs = provided(SqlJobRepository)
