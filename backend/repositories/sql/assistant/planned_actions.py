from backend.models.assistant.planned_actions import AgentAction
from backend.repositories.sql.platform.base import SqlRepository


class SqlAgentActionRepository(SqlRepository[AgentAction]):
    model = AgentAction
    kind = "action"
