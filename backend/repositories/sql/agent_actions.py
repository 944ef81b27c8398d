from backend.models.agent_actions import AgentAction
from backend.repositories.sql.base import SqlRepository


class SqlAgentActionRepository(SqlRepository[AgentAction]):
    model = AgentAction
    kind = "action"
