"""Schemas of common structured answers."""

from typing import Any, NamedTuple

from backend.models.assistant.output_schemas import OutputSchema
from backend.seeds.base import SeedContext


class SeedSchema(NamedTuple):
    name: str
    description: str
    json_schema: dict[str, Any]


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    """Return an object schema with exactly these properties, as providers require."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


def _text_or_null(description: str) -> dict[str, Any]:
    return {"type": ["string", "null"], "description": description}


_TASK = _object(
    title=_text("What somebody has to do."),
    due_at=_text_or_null("A moment such as 2026-06-01T12:00:00Z."),
    priority={"type": "string", "enum": ["low", "normal", "high", "urgent"]},
)
SCHEMAS = (
    SeedSchema(
        "contact",
        "A person, as found in a text.",
        _object(
            name=_text("First and last name."),
            company=_text_or_null("Where they work."),
            email=_text_or_null("One address."),
            phone=_text_or_null("With the code of the country."),
        ),
    ),
    SeedSchema(
        "task_list",
        "What follows from a text, as tasks.",
        _object(tasks={"type": "array", "items": _TASK}),
    ),
    SeedSchema(
        "sentiment",
        "How somebody feels about something.",
        _object(
            sentiment={"type": "string", "enum": ["positive", "neutral", "negative"]},
            reason=_text("In one sentence."),
        ),
    ),
    SeedSchema(
        "lead_score",
        "How likely a lead becomes a customer.",
        _object(
            score={"type": "integer", "minimum": 0, "maximum": 100},
            reasons={"type": "array", "items": _text("One reason.")},
            next_step=_text("What to do next."),
        ),
    ),
)


class SchemaSeeder:
    async def run(self, context: SeedContext) -> int:
        rows = [
            OutputSchema(
                id=context.id_of("output_schema", schema.name),
                created_at=context.now,
                updated_at=context.now,
                **schema._asdict(),
            )
            for schema in SCHEMAS
        ]
        async with context.uow(context.scope) as uow:
            added = await uow.output_schemas.add_missing(rows)
            await uow.commit()
        return added
