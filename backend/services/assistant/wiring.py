"""The services of the assistant."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Self

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
from backend.services.assistant.prompts import PromptService
from backend.services.assistant.requests import AssistantService
from backend.services.assistant.tool_registry import ToolRegistry
from backend.services.assistant.toolbox import Toolbox
from backend.services.assistant.tools import AGENT_TOOLS
from backend.services.assistant.tools.base import ToolDependencies
from backend.services.identity.rights import PresentRights


@dataclass(frozen=True)
class AssistantServices:
    """`toolbox`, `runner`, `tasks` and `execution_names` are for background work."""

    toolbox: Toolbox
    runner: AssistantEngine
    tasks: AssistantBriefs
    execution_names: ExecutionNames
    writer: AnswerWriter
    chats: ChatService
    chat_messages: ChatMessageService
    actions: PlannedActionService
    agent: AssistantService
    model_configs: ModelConfigService
    tools: ToolRegistry
    prompts: PromptService
    output_schemas: OutputSchemaService

    @classmethod
    def wire(
        cls,
        uow: AssistantUnits,
        settings: AssistantSettings,
        chooser: ModelChooser,
        models: LanguageModels,
        services: ToolDependencies,
        rights: PresentRights,
    ) -> Self:
        toolbox = Toolbox(
            uow, AGENT_TOOLS, services, timedelta(minutes=settings.confirm_minutes), rights
        )
        budget, tasks = AssistantBudget(settings), AssistantBriefs(chooser)
        runner = AssistantEngine(uow, models, toolbox, budget, rights)
        titles = ChatTitles(uow, runner)
        writer = AnswerWriter(uow, runner, tasks, titles, LiveAnswers(), settings.history_messages)
        chat_messages = ChatMessageService(uow, writer)
        actions = PlannedActionService(uow, toolbox)
        return cls(
            toolbox=toolbox,
            runner=runner,
            tasks=tasks,
            execution_names=ExecutionNames(uow, chooser, runner),
            writer=writer,
            chats=ChatService(uow),
            chat_messages=chat_messages,
            actions=actions,
            agent=AssistantService(uow, runner, tasks, budget, chat_messages, actions),
            model_configs=ModelConfigService(uow),
            tools=tool_service(uow),
            prompts=PromptService(uow),
            output_schemas=OutputSchemaService(uow),
        )


def tool_service(uow: AssistantUnits) -> ToolRegistry:
    """With what the agent may do."""
    return ToolRegistry(uow, list(AGENT_TOOLS.values()))
