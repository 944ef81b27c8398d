"""The repositories of workflows, for the units of work."""

from backend.repositories.sql.platform.provided import SqlRepositories, provided
from backend.repositories.sql.workflows.workflow_versions import SqlWorkflowVersionRepository
from backend.repositories.sql.workflows.workflows import SqlWorkflowRepository


class SqlWorkflows(SqlRepositories):
    workflows = provided(SqlWorkflowRepository)
    workflow_versions = provided(SqlWorkflowVersionRepository)
