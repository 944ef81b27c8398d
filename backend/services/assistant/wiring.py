"""Puts together what the assistant consists of."""

from dataclasses import dataclass
from datetime import timedelta

from backend.core.config import AssistantSettings, LanguageModelSettings
from backend.repositories.assistant.unit import AssistantUnits
from backend.services.assistant.answer_writer import AnswerWriter
from backend.services.assistant.briefs import AgentTasks
from backend.services.assistant.budget import AgentBudget
from backend.services.assistant.chat_messages import ConversationService
from backend.services.assistant.chat_titles import ChatTitles
from backend.services.assistant.chats import ChatService
from backend.services.assistant.engine import AgentRunner
from backend.services.assistant.language_models import LanguageModels
from backend.services.assistant.model_choice import ModelChooser
from backend.services.assistant.planned_actions import AgentActionService
from backend.services.assistant.requests import AgentService
from backend.services.assistant.toolbox import Toolbox
from backend.services.assistant.tools import AGENT_TOOLS
from backend.services.assistant.tools.base import ToolServices
from backend.services.identity.rights import PresentRights


@dataclass(frozen=True)
class Assistant:
    """`toolbox`, `runner`, `chooser` and `tasks` are for work in the background as well."""

    toolbox: Toolbox
    runner: AgentRunner
    chooser: ModelChooser
    tasks: AgentTasks
    writer: AnswerWriter
    chats: ChatService
    conversations: ConversationService
    actions: AgentActionService
    agent: AgentService


def assistant_of(
    uow: AssistantUnits,
    settings: AssistantSettings,
    default_model: LanguageModelSettings,
    models: LanguageModels,
    services: ToolServices,
    rights: PresentRights,
) -> Assistant:
    confirm_within = timedelta(minutes=settings.confirm_minutes)
    toolbox = Toolbox(uow, AGENT_TOOLS, services, confirm_within, rights)
    budget = AgentBudget(settings)
    runner = AgentRunner(uow, models, toolbox, budget, rights)
    chooser = ModelChooser(default_model)
    tasks = AgentTasks(chooser)
    titles = ChatTitles(uow, runner)
    writer = AnswerWriter(uow, runner, budget, tasks, titles, settings.history_messages)
    conversations = ConversationService(uow, writer)
    actions = AgentActionService(uow, toolbox)
    return Assistant(
        toolbox=toolbox,
        runner=runner,
        chooser=chooser,
        tasks=tasks,
        writer=writer,
        chats=ChatService(uow),
        conversations=conversations,
        actions=actions,
        agent=AgentService(uow, runner, tasks, budget, conversations, actions),
    )
