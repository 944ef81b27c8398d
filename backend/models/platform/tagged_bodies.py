"""Bodies that have one of several shapes, told apart by their field `kind`."""

from collections.abc import Hashable, Mapping
from typing import Any

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema


class TakenByKind:
    """Annotates a body: it is read as the model of its kind, and documented as a union of all.

    Pydantic's own tagged union would put the kind into the location of each error, and does not
    accept a union of one.
    """

    def __init__(self, base: type[BaseModel], models: Mapping[str, type[BaseModel]]) -> None:
        """`base` validates bodies of an unknown kind."""
        self._base = base
        self._models = models

    def __get_pydantic_core_schema__(
        self, _source: object, _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._read)

    def __get_pydantic_json_schema__(
        self, _schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(_one_of(self._models))

    def _read(self, value: Any) -> BaseModel:
        kind = value.get("kind") if isinstance(value, dict) else None
        model = self._models.get(kind, self._base) if isinstance(kind, str) else self._base
        return model.model_validate(value)


class ShownByKind:
    """Annotates a response: it is documented as one of the models, and shown as stored.

    Values stored by an older version may have another shape, and can still be read.
    """

    def __init__(self, base: type[BaseModel], models: Mapping[str, type[BaseModel]]) -> None:
        self._base = base
        self._models = models

    def __get_pydantic_core_schema__(
        self, _source: object, _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self._read, serialization=core_schema.plain_serializer_function_ser_schema(_dump)
        )

    def __get_pydantic_json_schema__(
        self, _schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(_one_of(self._models))

    def _read(self, value: Any) -> BaseModel:
        return self._base.model_validate(value, from_attributes=True)


def _dump(model: BaseModel) -> dict[str, Any]:
    return model.model_dump(mode="json")


def _one_of(models: Mapping[str, type[BaseModel]]) -> CoreSchema:
    choices: dict[Hashable, CoreSchema] = {
        kind: model.__pydantic_core_schema__ for kind, model in models.items()
    }
    return core_schema.tagged_union_schema(choices, discriminator="kind")


def examples_of(model: type[BaseModel]) -> list[Any]:
    """Those of its configuration."""
    extra = model.model_config.get("json_schema_extra")
    examples = extra.get("examples", []) if isinstance(extra, dict) else []
    return examples if isinstance(examples, list) else []
