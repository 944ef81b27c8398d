"""The unit of work as the services of assistant see it."""

from typing import Protocol

from backend.repositories.assistant.chat_messages import ChatMessageRepository
from backend.repositories.assistant.chats import ChatRepository
from backend.repositories.assistant.model_configs import ModelConfigRepository
from backend.repositories.assistant.output_schemas import OutputSchemaRepository
from backend.repositories.assistant.planned_actions import PlannedActionRepository
from backend.repositories.assistant.prompt_versions import PromptVersionRepository
from backend.repositories.assistant.prompts import PromptRepository
from backend.repositories.assistant.tools import ToolRepository
from backend.repositories.assistant.usage_records import UsageRecordRepository
from backend.repositories.platform.unit import Units
from backend.repositories.search.unit import SearchReading, SearchUnit


class AssistantReading(SearchReading, Protocol):
    @property
    def model_configs(self) -> ModelConfigRepository: ...
    @property
    def tools(self) -> ToolRepository: ...
    @property
    def prompts(self) -> PromptRepository: ...
    @property
    def prompt_versions(self) -> PromptVersionRepository: ...
    @property
    def output_schemas(self) -> OutputSchemaRepository: ...
    @property
    def chats(self) -> ChatRepository: ...
    @property
    def chat_messages(self) -> ChatMessageRepository: ...
    @property
    def usage_records(self) -> UsageRecordRepository: ...
    @property
    def planned_actions(self) -> PlannedActionRepository: ...


class AssistantUnit(AssistantReading, SearchUnit, Protocol):
    """A transaction."""


AssistantUnits = Units[AssistantUnit, AssistantReading]
