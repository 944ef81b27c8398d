from backend.models.assistant.output_schemas import OutputSchema, OutputSchemaQuery
from backend.repositories.sql.platform.keyset import MOMENT, by_column, by_name
from backend.repositories.sql.platform.lists import SqlList


class SqlOutputSchemaRepository(SqlList[OutputSchema, OutputSchemaQuery]):
    model = OutputSchema
    kind = "output schema"
    sorts = {
        "name": by_name(OutputSchema.name),
        "created_at": by_column(OutputSchema.created_at, MOMENT),
        "updated_at": by_column(OutputSchema.updated_at, MOMENT),
    }
