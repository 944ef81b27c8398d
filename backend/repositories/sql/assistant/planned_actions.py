from backend.models.assistant.planned_actions import PlannedAction
from backend.repositories.sql.platform.base import SqlRepository


class SqlPlannedActionRepository(SqlRepository[PlannedAction]):
    model = PlannedAction
    kind = "action"
