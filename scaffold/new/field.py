"""`mvp new field`: a column with its schemas, filter, migration and test data."""

from collections.abc import Iterator

from scaffold import editing
from scaffold.errors import RefusedError
from scaffold.new.checks import check_added
from scaffold.new.existing import Existing
from scaffold.new.fields import Field
from scaffold.new.registration import Change
from scaffold.new.rendering import Rendering
from scaffold.new.resource import Resource
from scaffold.new.rules import rule
from scaffold.new.text_edits import row_after
from scaffold.project import known_resources
from scaffold.tree import Tree

_KINDS_WITH_TYPES = {"money"}


def plan_field(tree: Tree, existing: Existing, field: Field) -> None:
    """Raises RefusedError."""
    _check(tree, existing, field)
    resource = Resource(names=existing.names, area=existing.area, fields=(field,))
    known = known_resources(tree.root)
    check_added(tree.root, resource, known)
    rendering = Rendering(resource, known)
    for path, edit in _changes(tree, existing, field, rendering):
        tree.edit(path, edit)
    tree.format()


def _check(tree: Tree, existing: Existing, field: Field) -> None:
    existing.refuse_taken(tree, field.column)
    if field.kind.name in _KINDS_WITH_TYPES:
        raise RefusedError(f"{field.name}: an amount is two columns and a property: see products.")
    if field.is_unique:
        raise RefusedError(
            f"{field.name}: rows that are there have no value of their own: add ! by hand."
        )
    if field.is_needed:
        raise RefusedError(
            f"{field.name}: rows that are there have no value: make it optional (?), "
            "or a text, bool or enum, which have a default."
        )


def _changes(
    tree: Tree, existing: Existing, field: Field, rendering: Rendering
) -> Iterator[Change]:
    n, model = existing.names, existing.model
    yield from _imports(model, field)
    if field.kind.name == "enum":
        enum = rendering.render("resource/enum.py.jinja", field=field)
        yield Change(model, editing.statement(enum, before=f"class {n.cls}Base"))
    base = f"{field.column}: {field.nullable_type} = {field.default}"
    yield Change(model, editing.member(f"{n.cls}Base", base))
    stored = rendering.render("resource/stored.py.jinja", field=field).strip()
    if stored:
        yield Change(model, editing.member(n.cls, stored, after="__table_args__"))
    if field.kind.name == "enum" or field.is_reference:
        index = f'Index(None, "{field.column}", "created_at", "id")'
        yield Change(model, editing.element("__table_args__", index))
    changed = f"{field.column}: {field.nullable_type} | MISSING = MISSING"
    yield Change(model, editing.member(f"{n.cls}Update", changed, after="MISSING"))
    if field.kind.shown_type:
        shown = f"{field.column}: {field.shown_type}{' | None' if field.is_optional else ''}"
        yield Change(model, editing.member(f"{n.cls}Public", shown))
    yield from _examples(tree, existing, field, rendering)
    if field in rendering.resource.filters:
        yield from _filter(tree, existing, rendering, field)
    if field.kind.name == "user":
        active = "backend.services.identity.users"
        yield Change(existing.service, editing.import_from(active, "check_active_user"))
        code = rendering.render("resource/rule_of_user.py.jinja", field=field)
        raised = f"Raises InvalidInputError: the {field.words} is unknown or deactivated."
        yield from rule(tree, existing, code, raised)
    if field in rendering.resource.filters and "\nPATH = " in tree.read(existing.test):
        test = rendering.render("resource/test_of_field.py.jinja", field=field)
        yield Change(existing.test, editing.appended(test))
    if tree.has(existing.page):
        row = f"| `{field.column}` | {rendering.described(field)} |"
        yield Change(existing.page, row_after("|---|", row))


def _imports(path: str, field: Field) -> Iterator[Change]:
    module = "backend.models.platform.fields"
    if field.kind.type and field.kind.type != "UUID":
        yield Change(path, editing.import_from(module, field.kind.type))
    if field.is_reference:
        yield Change(path, editing.import_from("uuid", "UUID"))
    if field.kind.name == "enum":
        yield Change(path, editing.import_from("enum", "StrEnum"))
        yield Change(path, editing.import_from("backend.models.platform.base", "enum_type"))
        yield Change(path, editing.import_from(module, "Several"))
        yield Change(path, editing.import_from("pydantic", "Field as PydanticField"))
    if field.is_moment:
        yield Change(path, editing.import_from("pydantic", "Field as PydanticField"))
    if field.kind.sa_type:
        yield Change(path, editing.import_from("decimal", "Decimal"))
        yield Change(path, editing.import_from("backend.models.platform.money", "AMOUNT"))
    if field.kind.name == "enum" or field.is_reference or field.kind.sa_type:
        yield Change(path, editing.import_from("sqlmodel", "Field"))
        yield Change(path, editing.import_from("sqlalchemy", "Index"))


def _examples(
    tree: Tree, existing: Existing, field: Field, rendering: Rendering
) -> Iterator[Change]:
    entry = f'"{field.column}": {rendering.json(field)}'
    if field.is_reference:  # In a body it would have to lead to something.
        return
    if "\n_EXAMPLE = {" in tree.read(existing.model):
        yield Change(existing.model, editing.element("_EXAMPLE", entry))


def _filter(tree: Tree, existing: Existing, rendering: Rendering, field: Field) -> Iterator[Change]:
    query = f"{existing.names.cls}Query"
    code = rendering.render("resource/filter_of_query.py.jinja", field=field)
    for line in editing.members_of(code):
        yield Change(existing.model, editing.member(query, line))
    for name in ("any_of", "between", "equal_to"):
        module = "backend.repositories.sql.platform.filters"
        yield Change(existing.sql, editing.import_from(module, name))
    condition = rendering.render("resource/filter_of_sql.py.jinja", field=field).strip()
    repository = f"Sql{existing.names.cls}Repository"
    if "def conditions(" in tree.read(existing.sql):
        yield Change(existing.sql, editing.in_method(repository, "conditions", condition))
        return
    yield Change(existing.sql, editing.import_from("collections.abc", "Iterator"))
    yield Change(existing.sql, editing.import_from("sqlalchemy", "ColumnElement"))
    method = (
        f"def conditions(self, query: {query}) -> Iterator[ColumnElement[bool]]:\n    {condition}\n"
    )
    yield Change(existing.sql, editing.member(repository, method))
