"""The lines that a resource adds to files that others share."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from scaffold import editing
from scaffold.new.declaring import declared
from scaffold.new.rendering import Rendering
from scaffold.new.resource import Resource
from scaffold.new.text_edits import in_cell, line_after, row_after

_OTHER_EXPORTS = {
    "tests/fixtures/sheets.py": "__init__",
    "benchmarks/import_process.py": "_measure",
}
"""Functions that export as the program does, by their file."""
_NAMED = {
    "Decimal": "decimal",
    "timedelta": "datetime",
    "now": "backend.models.platform.mixins",
}
"""The modules of the names that values of fields are made with."""


class Change(NamedTuple):
    path: str
    edit: editing.Edit


def registrations(rendering: Rendering) -> Iterator[Change]:
    resource = rendering.resource
    yield from _of_backend(resource)
    yield from _of_flags(rendering)
    yield from _of_tests(rendering)
    yield from _of_docs(resource)


def _of_backend(r: Resource) -> Iterator[Change]:
    n, area = r.names, r.area
    permissions = "backend/core/permissions.py"
    yield Change(permissions, editing.member("SubjectKind", f'{n.constant} = "{n.singular}"'))
    names = ", ".join(f"{n.constants}_{what}" for what in ("READ", "WRITE", "DELETE"))
    rights = f'{names} = _plain("{n.plural}")'
    yield Change(permissions, editing.member("Permission", rights, after="_plain("))
    unit = f"backend/repositories/{area}/unit.py"
    repository = f"{n.cls}Repository"
    yield _import(unit, f"backend.repositories.{area}.{n.plural}", repository)
    code = f"@property\ndef {n.plural}(self) -> {repository}: ...\n"
    yield Change(unit, editing.member(f"{r.area_class}Reading", code, after="Repository: ..."))
    unit = f"backend/repositories/sql/{area}/unit.py"
    yield _import(unit, f"backend.repositories.sql.{area}.{n.plural}", f"Sql{repository}")
    provided = f"{n.plural} = provided(Sql{repository})"
    yield Change(unit, editing.member(f"Sql{r.area_class}", provided))
    wiring = f"backend/services/{area}/wiring.py"
    yield _import(wiring, f"backend.services.{area}.{n.plural}", f"{n.cls}Service")
    service = f"self.{n.plural} = {n.cls}Service(uow)"
    yield Change(wiring, editing.in_method(f"{r.area_class}Services", "__init__", service))
    yield _import("backend/api/router.py", f"backend.api.v1.{area}", n.plural)
    yield Change("backend/api/router.py", editing.element("_RESOURCES", n.plural))
    yield Change(f"backend/services/{area}/area.toml", declared(n))
    runner = "backend/seeds/runner.py"
    yield _import(runner, f"backend.seeds.{n.plural}", f"{n.cls}Seeder")
    yield Change(runner, editing.element("EXAMPLES", f'"{n.plural}": {n.cls}Seeder()'))


def _of_flags(rendering: Rendering) -> Iterator[Change]:
    r = rendering.resource
    if r.search:
        yield from _of_search(r)
    if r.flags.tool:
        yield from tool_registrations(r)
    if r.flags.sheets:
        yield from _of_sheets(rendering)
    if r.flags.timeline:
        yield from _of_timeline(r)


def _of_search(r: Resource) -> Iterator[Change]:
    n = r.names
    member = f'{n.constants} = "{n.plural}"'
    yield Change("backend/models/search/search.py", editing.member("SearchKind", member))
    needed = f"SearchKind.{n.constants}: Permission.{n.constants}_READ"
    yield Change("backend/services/search/search.py", editing.element("_NEEDED", needed))
    path = "backend/repositories/sql/search/search.py"
    yield _import(path, f"backend.models.{r.area}.{n.plural}", n.cls)
    title = r.title.column if r.title else r.search[0].column
    columns = ", ".join(field.column for field in r.search)
    text = columns if len(r.search) == 1 else f"concat_ws(' ', {columns})"
    source = f'SearchKind.{n.constants}: _Source({n.cls}, {n.cls}.{title}, "{text}")'
    yield Change(path, editing.element("SOURCES", source))


def tool_registrations(r: Resource) -> Iterator[Change]:
    n = r.names
    path = "backend/services/assistant/tools/base.py"
    yield _import(path, f"backend.services.{r.area}.{n.plural}", f"{n.cls}Service")
    field = f"{n.plural}: {n.cls}Service"
    yield Change(path, editing.member("ToolDependencies", field, after="Service"))
    given = f"{n.plural}={r.area}.{n.plural}"
    yield Change("backend/wiring.py", editing.keyword("tool_services", "ToolDependencies", given))


def _of_sheets(rendering: Rendering) -> Iterator[Change]:
    r = rendering.resource
    n, model = r.names, f"backend.models.{r.area}.{r.names.plural}"
    member = f'{n.constants} = "{n.plural}"'
    yield Change("backend/models/exchange/sheets.py", editing.member("SheetResource", member))
    path = "backend/models/exchange/exports.py"
    yield _import(path, model, f"{n.cls}Query")
    export = rendering.render("resource/export.py.jinja")
    yield Change(path, editing.statement(export, before="ListExport"))
    yield Change(path, editing.union("ListExport", f"{n.cls}Export"))
    path, service = "backend/services/exchange/exports.py", f"{n.cls}Service"
    yield _import(path, model, f"{n.cls}Public")
    yield _import(path, f"backend.services.{r.area}.{n.plural}", service)
    yield Change(path, editing.parameter("exported_lists", f"{n.plural}: {service}"))
    listed = f"Permission.{n.constants}_READ, {n.cls}Public, {n.plural}.page"
    exported = f"SheetResource.{n.constants}: ExportedList({listed})"
    yield Change(path, editing.returned("exported_lists", exported))
    given = editing.keyword("execution_kinds", "exported_lists", f"{r.area}.{n.plural}")
    yield Change("backend/wiring.py", given)
    for path, function in _OTHER_EXPORTS.items():
        yield _import(path, f"backend.services.{r.area}.{n.plural}", service)
        yield Change(path, editing.keyword(function, "exported_lists", f"{service}(uow)"))
    yield from _of_imports(rendering, model)


def _of_imports(rendering: Rendering, model: str) -> Iterator[Change]:
    r = rendering.resource
    n, path = r.names, "backend/services/exchange/imports/resources.py"
    for name in (n.cls, f"{n.cls}Create", f"{n.cls}Public", f"{n.cls}Update"):
        yield _import(path, model, name)
    for action in r.moves:
        if action.field is not None:
            yield _import(path, model, action.field.type)
    if r.moves:
        yield _import(path, "backend.core.errors", "ConflictError")
    imported = rendering.render("resource/import.py.jinja")
    yield Change(path, editing.statement(imported, before="RESOURCES"))
    yield Change(path, editing.element("RESOURCES", f"SheetResource.{n.constants}: _{n.cls}s()"))


def _of_timeline(r: Resource) -> Iterator[Change]:
    n = r.names
    member = f'{n.constant} = "{n.singular}"'
    yield Change("backend/models/sales/timeline.py", editing.member("TimelineKind", member))
    needed = f"TimelineKind.{n.constant}: Permission.{n.constants}_READ"
    yield Change("backend/services/sales/customers.py", editing.element("_NEEDED", needed))
    path = "backend/repositories/sql/sales/timeline.py"
    yield _import(path, f"backend.models.{r.area}.{n.plural}", n.cls)
    title = f"{n.cls}.{r.title.column}" if r.title else "null()"
    status = f"{n.cls}.{r.enums[0].column}" if r.enums else "null()"
    source = f"TimelineKind.{n.constant}: _Source({n.cls}, {title}, {status})"
    yield Change(path, editing.element("_SOURCES", source))


def _of_tests(rendering: Rendering) -> Iterator[Change]:
    r = rendering.resource
    n = r.names
    model = f"backend.models.{r.area}.{n.plural}"
    yield Change("tests/unit/test_permissions.py", editing.element("TEAM_DATA", f'"{n.plural}"'))
    seeds = "tests/integration/cli/test_seed_commands.py"
    yield _import(seeds, f"backend.seeds.{n.plural}", n.constants)
    yield Change(seeds, editing.element("COUNTS", f'"{n.plural}": len({n.constants})'))
    factories = "tests/factories.py"
    yield _import(factories, model, n.cls)
    for enum in r.enums:
        yield _import(factories, model, enum.type)
    made = rendering.render("resource/factory.py.jinja")
    yield from _imports_of(factories, made)
    yield Change(factories, editing.statement(made, before="def make_principal"))
    yield Change("tests/fakes.py", editing.element("KINDS", f'"{n.plural}": "{n.words}"'))
    world = "tests/world.py"
    yield _import(world, model, n.cls)
    yield _import(world, model, f"{n.cls}Sort")
    example = rendering.render("resource/example.py.jinja")
    yield from _imports_of(world, example)
    yield Change(world, editing.element("EXAMPLES", example))


def _of_docs(r: Resource) -> Iterator[Change]:
    n = r.names
    roles = "docs/use/roles-and-permissions.md"
    for what in ("read", "write", "delete"):
        yield Change(roles, in_cell(f"`tasks:{what}`", f"`{n.plural}:{what}`", among="| `"))
    title = n.many_words.capitalize()
    row = f"| [{title}]({n.path}.md) | `/{n.path}` |"
    yield Change("docs/use/README.md", row_after("| [Clients](", row, before=True))
    needs = sorted({field.target for field in r.references if not field.is_optional})
    needed = ", ".join(f"`{name}`" for name in needs)
    row = f"| `{n.plural}` | Three {n.many_words} | {needed} |".replace("|  |", "| |")
    yield Change("docs/operate/seeding.md", row_after("| `notifications` |", row))
    line = f"- {title}, with {_what(r)}."
    yield Change("CHANGELOG.md", line_after("### Added", line))
    page = f'    "use/{n.path}.md",'
    yield Change("zensical.toml", line_after('    "use/tasks.md",', page, blank=False))


def _what(r: Resource) -> str:
    words = ["their permissions, filters and sorts"]
    words += [f"the action `{action.name}`" for action in r.actions]
    if r.exclusive:
        words.append(f"one at a time for each {r.exclusive.key.words}")
    return "; ".join(words)


def _imports_of(path: str, code: str) -> Iterator[Change]:
    """Import what the code names; the file may have lost its last use of it with an example."""
    for name, module in _NAMED.items():
        if re.search(rf"\b{name}\b", code):
            yield _import(path, module, name)


def _import(path: str, module: str, name: str) -> Change:
    return Change(path, editing.import_from(module, name))
