"""Foundations of all models: constraint names, and the bases of tables, inputs and outputs."""

from enum import StrEnum
from inspect import get_annotations
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

# Errors are recognised by the constraint's name, and a downgrade must know what to drop.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# They are texts, which pydantic would evaluate anew for each of our classes.
SQLModel.__annotations__ = get_annotations(SQLModel, eval_str=True)

metadata = SQLModel.metadata


def config(**options: Any) -> Any:
    """Pydantic's configuration; SQLModel types its own as a private class."""
    return options


class Input(SQLModel):
    """Base of request bodies. A misspelt field is an error."""

    model_config = config(extra="forbid")


class Update(Input):
    """Base of PATCH bodies: only the fields that are sent change."""

    def changes(self) -> dict[str, Any]:
        """Return the columns to change, by name."""
        return self.model_dump(exclude_unset=True)


class Output(SQLModel):
    """Base of response bodies. Every field is always present, and the schema says so."""

    # What writes an answer is built with the first of them. Inputs can't have this: FastAPI quiets
    # pydantic's warnings about the fields that it makes of them only while it declares a route.
    model_config = config(json_schema_serialization_defaults_required=True, defer_build=True)


def example(value: dict[str, Any], *, base: type[SQLModel] = Input) -> Any:
    """The configuration of `base`, with an example for the documentation."""
    return config(**base.model_config, json_schema_extra={"examples": [value]})


def enum_type(kind: type[StrEnum]) -> sa.Enum:
    """A text column that holds the enum's values, so that a new member needs no migration."""
    return sa.Enum(
        kind,
        native_enum=False,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )
