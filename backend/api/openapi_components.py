"""Keeps what operations have in common once, under `components`, and refers to it."""

import json
from collections import Counter
from collections.abc import Iterator

from backend.api.openapi_examples import Schema


class Components:
    """Takes parts of the document in, and answers references to them."""

    def __init__(self, document: Schema) -> None:
        self._components = document["components"]

    def refer(self, section: str, name: str, part: Schema) -> Schema:
        """A reference to the part; it gets another name if another part has this one."""
        parts = self._components.setdefault(section, {})
        count = 1
        unique = name
        while parts.setdefault(unique, part) != part:
            count += 1
            unique = f"{name}-{count}"
        return {"$ref": f"#/components/{section}/{unique}"}

    def sort(self) -> None:
        """By name, so that a change of the document shows as little as it is."""
        for section, parts in self._components.items():
            self._components[section] = dict(sorted(parts.items()))


def share_repeated(document: Schema, components: Components) -> None:
    """Refer to each parameter and each header that stands in the document more than once."""
    operations = [each for path in document["paths"].values() for each in path.values()]
    parameters = [each["parameters"] for each in operations if "parameters" in each]
    seen = Counter(_key(each) for several in parameters for each in several)
    for several in parameters:
        for index, each in enumerate(several):
            if seen[_key(each)] > 1:
                several[index] = components.refer("parameters", _name(each), each)
    headers = list(_headers([*operations, document["components"]]))
    seen = Counter(_key(each) for several in headers for each in several.values())
    for several in headers:
        for name, header in several.items():
            if seen[_key(header)] > 1:
                several[name] = components.refer("headers", name, header)


def _name(parameter: Schema) -> str:
    """A filter may have the name of what stands in paths."""
    name: str = parameter["name"]
    return f"{name}-filter" if parameter["in"] == "query" and name.endswith("_id") else name


def _headers(holders: list[Schema]) -> Iterator[Schema]:
    for holder in holders:
        for response in holder.get("responses", {}).values():
            if "headers" in response:
                yield response["headers"]


def _key(part: Schema) -> str:
    return json.dumps(part, sort_keys=True)
