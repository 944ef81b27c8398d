"""Values of a resource's fields, as code: examples for the documentation, and rows of tests."""

import hashlib

from scaffold.new.fields import Field
from scaffold.new.resource import Resource

_KNOWN = {
    "users": "01",
    "customers": "03",
    "tasks": "04",
    "products": "05",
    "leads": "06",
    "modules": "07",
}


def example_id(plural: str) -> str:
    """The id in examples: the same wherever a resource is referred to."""
    if plural in _KNOWN:
        return f"01976d5e-8f60-7c3a-9b52-5d1f0a6c7e{_KNOWN[plural]}"
    digest = hashlib.sha256(plural.encode()).hexdigest()[:12]
    return f"01976d5e-8f60-7c3a-9b52-{digest}"


def example_of(resource: Resource, field: Field) -> str:
    """An example of a value in a body."""
    place = resource.of_kind(field.kind.name).index(field)
    match field.kind.name:
        case "enum":
            return f'"{field.given_default or field.choices[0]}"'
        case "ref" | "user":
            return f'"{example_id(field.target)}"'
        case "bool":
            return str(field.given_default == "true")
        case "datetime":
            return f'"2026-06-01T{(9 + place) % 24:02}:00:00Z"'
        case "date":
            return f'"2026-06-{1 + place:02}"'
    return field.kind.example.replace("{a}", field.a.capitalize())


def made_for(resource: Resource, field: Field) -> str:
    """A value of a row of the table, different for each `number`."""
    match field.kind.name:
        case "enum":
            return f"{field.type}.{field.choices[0].upper()}"
        case "ref" | "user":
            return f'known_id("{field.target.replace("_", "-")}")'
        case "datetime":
            return f"MOMENT + timedelta(hours={_step(resource, field)})"
        case "date":
            return f"(MOMENT + timedelta(days={_step(resource, field)})).date()"
    words = resource.names.words if field == resource.title else field.words
    return field.kind.made.replace("{word}", words.capitalize())


def _step(resource: Resource, field: Field) -> str:
    """Such that the moments of one row come before those of the next."""
    several = resource.of_kind(field.kind.name)
    later = several.index(field)
    factor = f"{len(several)} * " if len(several) > 1 else ""
    return f"{factor}number" + (f" + {later}" if later else "")
