"""The repositories of assistant, for the units of work."""

from backend.repositories.sql.assistant.chat_messages import SqlChatMessageRepository
from backend.repositories.sql.assistant.chats import SqlChatRepository
from backend.repositories.sql.assistant.model_configs import SqlModelConfigRepository
from backend.repositories.sql.assistant.output_schemas import SqlOutputSchemaRepository
from backend.repositories.sql.assistant.planned_actions import SqlPlannedActionRepository
from backend.repositories.sql.assistant.prompt_versions import SqlPromptVersionRepository
from backend.repositories.sql.assistant.prompts import SqlPromptRepository
from backend.repositories.sql.assistant.tools import SqlToolRepository
from backend.repositories.sql.assistant.usage_records import SqlUsageRecordRepository
from backend.repositories.sql.platform.provided import SqlRepositories, provided


class SqlAssistant(SqlRepositories):
    model_configs = provided(SqlModelConfigRepository)
    tools = provided(SqlToolRepository)
    prompts = provided(SqlPromptRepository)
    prompt_versions = provided(SqlPromptVersionRepository)
    output_schemas = provided(SqlOutputSchemaRepository)
    chats = provided(SqlChatRepository)
    chat_messages = provided(SqlChatMessageRepository)
    usage_records = provided(SqlUsageRecordRepository)
    planned_actions = provided(SqlPlannedActionRepository)
