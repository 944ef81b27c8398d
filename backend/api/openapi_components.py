"""Moves what operations have in common to `components`, and refers to it."""

import json
from collections import Counter
from collections.abc import Iterator

from backend.api.openapi_examples import Schema

_OFTEN = 6
"""In fewer models, a field is easier to read in place."""


class Components:
    """Stores parts of the document under `components`, and returns references to them."""

    def __init__(self, document: Schema) -> None:
        self._components = document["components"]

    def refer(self, section: str, name: str, part: Schema) -> Schema:
        """Return a reference to the part, which gets another name if this one is taken."""
        parts = self._components.setdefault(section, {})
        count = 1
        unique = name
        while parts.setdefault(unique, part) != part:
            count += 1
            unique = f"{name}-{count}"
        return {"$ref": f"#/components/{section}/{unique}"}

    def sort(self) -> None:
        """Sort by name, so that changes of the document make small diffs."""
        for section, parts in self._components.items():
            self._components[section] = dict(sorted(parts.items()))


def share_repeated(document: Schema, components: Components) -> None:
    """Replace what occurs more than once in the document by references."""
    operations = [each for path in document["paths"].values() for each in path.values()]
    _share_parameters(operations, components)
    _share_answers(operations, components)
    _share_headers([*operations, document["components"]], components)
    _share_fields(document["components"].get("schemas", {}), components)


def _share_parameters(operations: list[Schema], components: Components) -> None:
    parameters = [each["parameters"] for each in operations if "parameters" in each]
    seen = Counter(_key(each) for several in parameters for each in several)
    for several in parameters:
        for index, each in enumerate(several):
            if seen[_key(each)] > 1:
                several[index] = components.refer("parameters", _name(each), each)


def _name(parameter: Schema) -> str:
    """A filter may have the name of a path parameter."""
    name: str = parameter["name"]
    return f"{name}-filter" if parameter["in"] == "query" and name.endswith("_id") else name


def _share_answers(operations: list[Schema], components: Components) -> None:
    """Successful responses only: problems are references from the start."""
    answers = [each["responses"] for each in operations]
    seen = Counter(_key(each) for several in answers for each in several.values())
    for several in answers:
        for status, answer in several.items():
            if "$ref" not in answer and seen[_key(answer)] > 1:
                name = "-".join([status, *_models(answer)])
                several[status] = components.refer("responses", name, answer)


def _models(answer: Schema) -> list[str]:
    """Return the schema of a response, of its first media type."""
    for media in answer.get("content", {}).values():
        return [media["schema"]["$ref"].rpartition("/")[2]] if "$ref" in media["schema"] else []
    return []


def _share_headers(holders: list[Schema], components: Components) -> None:
    headers = list(_headers(holders))
    seen = Counter(_key(each) for several in headers for each in several.values())
    for several in headers:
        for name, header in several.items():
            if seen[_key(header)] > 1:
                several[name] = components.refer("headers", name, header)


def _headers(holders: list[Schema]) -> Iterator[Schema]:
    for holder in holders:
        for response in holder.get("responses", {}).values():
            if "headers" in response:
                yield response["headers"]


def _share_fields(schemas: dict[str, Schema], components: Components) -> None:
    """Share fields that models describe alike: `version` becomes `VersionField`."""
    models = [schema["properties"] for schema in schemas.values() if "properties" in schema]
    fields = [(name, field) for several in models for name, field in several.items()]
    seen = Counter((name, _key(field)) for name, field in fields)
    for several in models:
        for name, field in several.items():
            if "description" in field and seen[name, _key(field)] >= _OFTEN:
                shared = f"{name.title().replace('_', '')}Field"
                several[name] = components.refer("schemas", shared, field)


def _key(part: Schema) -> str:
    return json.dumps(part, sort_keys=True)
