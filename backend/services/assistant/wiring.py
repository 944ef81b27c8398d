"""The services of the assistant."""

from datetime import timedelta

from backend.core.config import AssistantSettings
from backend.repositories.assistant.unit import AssistantUnits
from backend.services.assistant.answer_writer import AnswerWriter
from backend.services.assistant.briefs import AssistantBriefs
from backend.services.assistant.budget import AssistantBudget
from backend.services.assistant.chat_messages import ChatMessageService
from backend.services.assistant.chat_titles import ChatTitles
from backend.services.assistant.chats import ChatService
from backend.services.assistant.engine import AssistantEngine
from backend.services.assistant.execution_naming import ExecutionNames
from backend.services.assistant.language_models import LanguageModels
from backend.services.assistant.live_answers import LiveAnswers
from backend.services.assistant.model_choice import ModelChooser
from backend.services.assistant.model_configs import ModelConfigService
from backend.services.assistant.output_schemas import OutputSchemaService
from backend.services.assistant.planned_actions import PlannedActionService
from backend.services.assistant.plans import Plans
from backend.services.assistant.prompts import PromptService
from backend.services.assistant.requests import AssistantService
from backend.services.assistant.stream import ChatWatch
from backend.services.assistant.tool_access import ToolAccess
from backend.services.assistant.tool_registry import ToolRegistry
from backend.services.assistant.toolbox import Toolbox
from backend.services.assistant.tools import AGENT_TOOLS
from backend.services.assistant.tools.base import ToolDependencies
from backend.services.identity.rights import PresentRights


class AssistantServices:
    """`toolbox`, `plans`, `runner`, `tasks` and `execution_names` are for background work."""

    def __init__(
        self,
        uow: AssistantUnits,
        settings: AssistantSettings,
        chooser: ModelChooser,
        models: LanguageModels,
        services: ToolDependencies,
        rights: PresentRights,
    ) -> None:
        self.plans = Plans(uow, timedelta(minutes=settings.confirm_minutes))
        self.toolbox = Toolbox(uow, AGENT_TOOLS, services, self.plans, rights)
        budget, self.tasks = AssistantBudget(settings), AssistantBriefs(chooser)
        self.runner = runner = AssistantEngine(uow, models, self.toolbox, budget, rights)
        self.execution_names = ExecutionNames(uow, chooser, runner)
        titles, history = ChatTitles(uow, runner), settings.history_messages
        self.writer = AnswerWriter(uow, runner, self.tasks, titles, LiveAnswers(), history)
        self.chats = ChatService(uow)
        self.chat_messages = chats = ChatMessageService(uow, self.writer)
        self.chat_watch = ChatWatch(uow)
        self.actions = PlannedActionService(uow, self.toolbox)
        self.tool_access = ToolAccess(self.toolbox, self.actions)
        self.agent = AssistantService(uow, runner, self.tasks, budget, chats, self.actions)
        self.model_configs = ModelConfigService(uow)
        self.tools = tool_service(uow)
        self.prompts = PromptService(uow)
        self.output_schemas = OutputSchemaService(uow)


def tool_service(uow: AssistantUnits) -> ToolRegistry:
    """With what the agent may do."""
    return ToolRegistry(uow, list(AGENT_TOOLS.values()))
