"""Puts together what the assistant consists of."""

from dataclasses import dataclass
from datetime import timedelta

from backend.core.config import AssistantSettings, LanguageModelSettings
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.agent import AgentService
from backend.services.agent_actions import AgentActionService
from backend.services.agent_budget import AgentBudget
from backend.services.agent_runner import AgentRunner
from backend.services.agent_tasks import AgentTasks
from backend.services.agent_toolbox import Toolbox
from backend.services.agent_tools import AGENT_TOOLS
from backend.services.agent_tools.base import ToolServices
from backend.services.answers import AnswerWriter
from backend.services.chat_titles import ChatTitles
from backend.services.chats import ChatService
from backend.services.conversations import ConversationService
from backend.services.identity.rights import PresentRights
from backend.services.language_models import LanguageModels
from backend.services.model_choice import ModelChooser


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
    uow: UnitOfWorkFactory,
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
