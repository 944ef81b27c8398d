from typing import Protocol

from backend.models.assistant.output_schemas import OutputSchema, OutputSchemaQuery
from backend.repositories.platform.base import ListedRepository


class OutputSchemaRepository(ListedRepository[OutputSchema, OutputSchemaQuery], Protocol):
    """Nothing beyond what every repository can do."""
