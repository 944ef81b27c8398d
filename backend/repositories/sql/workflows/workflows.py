from collections.abc import Iterator

from sqlalchemy import ColumnElement

from backend.models.workflows.workflows import Workflow, WorkflowQuery
from backend.repositories.sql.platform.filters import one_of
from backend.repositories.sql.platform.keyset import MOMENT, by_column, by_name
from backend.repositories.sql.platform.lists import SqlList


class SqlWorkflowRepository(SqlList[Workflow, WorkflowQuery]):
    model = Workflow
    kind = "workflow"
    sorts = {
        "created_at": by_column(Workflow.created_at, MOMENT),
        "name": by_name(Workflow.name),
    }
    unlisted = (Workflow.definition,)

    def conditions(self, query: WorkflowQuery) -> Iterator[ColumnElement[bool]]:
        if query.kind:
            yield one_of(Workflow.kind, query.kind)
