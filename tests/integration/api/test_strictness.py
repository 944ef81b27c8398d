"""Numbers and flags of a body are what JSON says: `true` is no number, and `"1"` none either."""

from typing import Any

from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from backend.api.fast_path.answers import adapter_of
from backend.models.platform.fields import Flag, Number, Whole
from backend.models.platform.paging import PageQuery
from tests.fixtures.people import Person
from tests.fixtures.walking import walk
from tests.integration.api.document import routes


class LooseFields(GenerateJsonSchema):
    """Notes each model with a field for which pydantic takes values of other types.

    But for the filters of a list: what an export takes is what the list takes in its URL.
    """

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._within: list[type[Any]] = []

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        self._within.append(schema["cls"])
        written = super().model_schema(schema)
        self._within.pop()
        return written

    def int_schema(self, schema: core_schema.IntSchema) -> JsonSchemaValue:
        self._note(schema)
        return super().int_schema(schema)

    def float_schema(self, schema: core_schema.FloatSchema) -> JsonSchemaValue:
        self._note(schema)
        return super().float_schema(schema)

    def bool_schema(self, schema: core_schema.BoolSchema) -> JsonSchemaValue:
        self._note(schema)
        return super().bool_schema(schema)

    def decimal_schema(self, _schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        """They refuse flags by themselves, and may be written as text."""
        return {"type": "number"}

    def _note(self, schema: Any) -> None:
        model = self._within[-1]
        if not (schema.get("strict") or issubclass(model, PageQuery)):
            self.found.append(f"{model.__name__}: {schema['type']}")


def loose_fields(body: TypeAdapter[Any]) -> list[str]:
    looking = LooseFields()
    looking.generate(body.core_schema, mode="validation")
    return looking.found


def bodies() -> dict[str, TypeAdapter[Any]]:
    return {
        each.route.name: adapter_of(each.route.body_field)
        for each in routes()
        if isinstance(each.route, APIRoute) and each.route.body_field is not None
    }


@walk("body", bodies)
def test_every_number_and_flag_of_a_body_is_strict(body: TypeAdapter[Any]) -> None:
    assert loose_fields(body) == []


def test_a_loose_field_would_be_found() -> None:
    class Loose(BaseModel):
        strict: tuple[Whole, Number, Flag]
        loose: list[int | None]

    assert loose_fields(TypeAdapter(Loose)) == ["Loose: int"]


async def test_a_version_is_a_number(member: Person) -> None:
    task = (await member.post("/tasks", json={"title": "x"})).json()
    change = {"task_id": task["id"], "version": True, "changes": {"title": "y"}}

    answer = await member.post("/tasks/bulk", json={"changes": [change]})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", "changes", 0, "version"]
