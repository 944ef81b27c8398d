from backend.models.output_schemas import OutputSchema, OutputSchemaQuery
from backend.repositories.sql.keyset import MOMENT, TEXT, by_column
from backend.repositories.sql.lists import SqlList


class SqlOutputSchemaRepository(SqlList[OutputSchema, OutputSchemaQuery]):
    model = OutputSchema
    kind = "output schema"
    sorts = {
        "name": by_column(OutputSchema.name, TEXT),
        "created_at": by_column(OutputSchema.created_at, MOMENT),
        "updated_at": by_column(OutputSchema.updated_at, MOMENT),
    }
