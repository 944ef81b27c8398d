"""Completes examples: FastAPI drops their nulls, and Pydantic sorts their keys."""

from typing import Any

Schema = dict[str, Any]

_REF = "#/components/schemas/"


class Examples:
    """Completes examples from the schemas in `components`."""

    def __init__(self, schemas: dict[str, Schema]) -> None:
        self._schemas = schemas

    def complete(self, node: Any) -> None:
        """Complete all examples of schemas below a part of the document."""
        children = list(node.values()) if isinstance(node, dict) else node
        for child in children if isinstance(children, list) else ():
            self.complete(child)
        if isinstance(node, dict) and isinstance(node.get("examples"), list):
            node["examples"] = [self._whole(node, each) for each in node["examples"]]

    def of(self, name: str) -> Any:
        """Return the first example of a component."""
        return self._schemas[name]["examples"][0]

    def drop_hidden(self, document: Schema) -> None:
        """Remove examples of nested models: the example of the outer model shows them."""
        shown: set[str] = set()
        self._collect(document["paths"], shown)
        for name in self._schemas.keys() - shown:
            self._schemas[name].pop("examples", None)

    def _collect(self, node: Any, shown: set[str]) -> None:
        """Add the components reached before the first example."""
        if isinstance(node, list):
            for each in node:
                self._collect(each, shown)
        if not isinstance(node, dict) or _has_example(node):
            return
        name = node.get("$ref", "").removeprefix(_REF)
        if name in self._schemas and name not in shown:
            shown.add(name)
            self._collect(self._schemas[name], shown)
        self._collect(list(node.values()), shown)

    def _whole(self, schema: Schema, value: Any) -> Any:
        """Return the value in the order of the schema, with null for missing required fields."""
        schema = self._chosen(schema, value)
        if isinstance(value, list):
            return [self._whole(schema.get("items", {}), each) for each in value]
        if not isinstance(value, dict):
            return value
        fields: dict[str, Schema] = schema.get("properties", {})
        required = schema.get("required", ())
        whole = {
            name: self._whole(field, value.get(name))
            for name, field in fields.items()
            if name in value or name in required
        }
        others = schema.get("additionalProperties")
        rest: Schema = others if isinstance(others, dict) else {}
        named = whole.keys() | fields.keys()
        more = {name: each for name, each in value.items() if name not in named}
        return whole | {name: self._whole(rest, each) for name, each in more.items()}

    def _chosen(self, schema: Schema, value: Any) -> Schema:
        """Resolve references and unions to the schema that fits the value."""
        while True:
            choices = schema.get("oneOf") or schema.get("anyOf")
            if "$ref" in schema:
                schema = self._schemas[schema["$ref"].removeprefix(_REF)]
            elif choices:
                schema = self._choice(schema, choices, value)
            else:
                return schema

    def _choice(self, schema: Schema, choices: list[Schema], value: Any) -> Schema:
        discriminator = schema.get("discriminator")
        if discriminator and isinstance(value, dict):
            kind = value[discriminator["propertyName"]]
            return {"$ref": discriminator["mapping"][kind]}
        wanted = "array" if isinstance(value, list) else "object"
        resolved = (self._chosen(choice, value) for choice in choices)
        return next((each for each in resolved if each.get("type") == wanted), {})


def _has_example(node: Schema) -> bool:
    """Whether it is a schema, a body or a response with its own example."""
    return isinstance(node.get("examples"), list) or node.keys() >= {"schema", "example"}
