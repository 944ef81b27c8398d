from backend.models.agent_actions import AgentAction
from backend.repositories.sql.platform.base import SqlRepository


class SqlAgentActionRepository(SqlRepository[AgentAction]):
    model = AgentAction
    kind = "action"
