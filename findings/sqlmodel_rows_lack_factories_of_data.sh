#!/usr/bin/env bash
# The constructor of an SQLModel table can't use a default factory that takes the other values.
#
# Pydantic hands a default factory with one parameter the values that were validated before it.
# SQLModel keeps that for models without a table, and for `Row.model_validate(...)`. `Row(...)` of a
# table validates nothing: it collects the defaults by itself, without values to hand over, and
# raises `ValueError: The default factory requires the 'validated_data' argument`. So a field that
# moves from a schema into the base of a table works in all bodies, and fails at the first new row.
# To know which kind of factory it has, each row that is made so also has the signature of each
# factory inspected, which takes longer than calling it.
set -euo pipefail
folder=$(mktemp --directory)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
    sqlmodel==0.0.50 pydantic==2.14.4 sqlalchemy==2.1.9

cat >rows.py <<'PY'
import inspect
import sys
from datetime import datetime

import pydantic
import sqlmodel
from sqlmodel import Field, SQLModel


class Named(SQLModel):
    name: str
    shown: str = Field(default_factory=lambda data: data["name"].upper())


class Person(Named, table=True):
    id: int | None = Field(default=None, primary_key=True)


class Visit(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(default_factory=datetime.now)
    seen: list[str] = Field(default_factory=list, sa_type=sqlmodel.JSON)


class Stay(SQLModel):
    at: datetime = Field(default_factory=datetime.now)
    seen: list[str] = Field(default_factory=list)


def inspected(model: type[SQLModel]) -> int:
    """How many signatures are inspected while ten are made."""
    count = 0
    real = inspect.Signature.from_callable

    def counting(*args: object, **options: object) -> object:
        nonlocal count
        count += 1
        return real(*args, **options)

    model()
    inspect.Signature.from_callable = counting
    try:
        for _ in range(10):
            model()
    finally:
        inspect.Signature.from_callable = real
    return count


print("Python", sys.version.split()[0], "SQLModel", sqlmodel.__version__, "pydantic", pydantic.VERSION)
print("without a table:       ", repr(Named(name="ada").shown))
print("table, model_validate: ", repr(Person.model_validate({"name": "ada"}).shown))
try:
    found = repr(Person(name="ada").shown)
except ValueError as error:
    found = f"ValueError: {error}"
print("table, its constructor:", found)
print("signatures inspected for ten models:", inspected(Stay))
rows = inspected(Visit)
print("signatures inspected for ten rows:  ", rows)
assert Named(name="ada").shown == Person.model_validate({"name": "ada"}).shown == "ADA"
assert found.startswith("ValueError: The default factory requires"), "the finding is history"
assert inspected(Stay) == 0
assert rows == 20, "rows inspect other numbers of signatures: the finding is history"
PY
venv/bin/python rows.py
