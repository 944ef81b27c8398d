"""`mvp new`: writes a resource, or adds to one."""

from pathlib import Path
from typing import Annotated

import typer

from backend.cli.runtime import error_console
from scaffold.errors import RefusedError
from scaffold.names import Names
from scaffold.new.action import VERBS, plan_action, plan_event
from scaffold.new.checks import check_possible
from scaffold.new.existing import Existing
from scaffold.new.field import plan_field
from scaffold.new.fields import Field, parse_field
from scaffold.new.rendering import Rendering
from scaffold.new.resource import Exclusive, Flags, Resource, parse_action, parse_exclusive
from scaffold.new.tool import plan_tool
from scaffold.new.writing import apply, as_it_is, plan, with_default, with_ranges
from scaffold.project import known_resources
from scaffold.tree import Tree

app = typer.Typer(name="new", help="Write a resource, or add to one.", no_args_is_help=True)
ROOT = Path(__file__).parents[2]


@app.callback()
def _all() -> None:
    """Write a resource, or add to one."""


@app.command()
def resource(
    name: Annotated[str, typer.Argument(help="The plural, such as appointments.")],
    fields: Annotated[list[str], typer.Argument(help="Such as title:line location:line?.")],
    area: Annotated[str, typer.Option(help="The area, such as tasks.")],
    singular: Annotated[str | None, typer.Option(help="Where it is not clear.")] = None,
    action: Annotated[
        list[str] | None, typer.Option(help="Such as cancel, or finish:done with the state.")
    ] = None,
    exclusive: Annotated[
        str | None, typer.Option(help="assignee:starts_at..ends_at: no two overlap.")
    ] = None,
    archivable: Annotated[bool, typer.Option("--archivable", help="Archive and restore.")] = False,
    search: Annotated[str, typer.Option(help="The fields whose words are found.")] = "",
    csv: Annotated[bool, typer.Option("--csv", help="The list as CSV.")] = False,
    sheets: Annotated[
        bool, typer.Option("--sheets", "--import", "--export", help="Imports and exports.")
    ] = False,
    tool: Annotated[bool, typer.Option("--tool", help="Tools of the assistant.")] = False,
    timeline: Annotated[
        bool, typer.Option("--timeline", help="In the timeline of customers.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only name the files.")] = False,
) -> None:
    """Write a resource with its routes, table, migration, tests and docs."""
    names = Names.of(name, singular)
    parsed = tuple(parse_field(field, names.cls) for field in fields)
    wanted = Resource(
        names=names,
        area=area,
        fields=parsed,
        actions=tuple(parse_action(each, parsed, names.singular) for each in action or ()),
        exclusive=_exclusive(exclusive, parsed),
        is_archivable=archivable,
        search=_searched(search, parsed),
        flags=Flags(csv=csv, sheets=sheets, tool=tool, timeline=timeline),
    )
    known = known_resources(ROOT)
    check_possible(ROOT, wanted, known)
    tree = Tree(ROOT)
    plan(tree, Rendering(wanted, known))
    if dry_run:
        _show(tree.changed, "would be written or changed, with a migration and openapi.json")
        return
    message = names.many_words.capitalize()
    _show(apply(tree, message, with_ranges if wanted.exclusive else as_it_is), "written or changed")
    _say_what_is_next(wanted)


@app.command()
def field(
    name: Annotated[str, typer.Argument(help="The resource, such as appointments.")],
    text: Annotated[str, typer.Argument(metavar="field", help="Such as location:line?.")],
) -> None:
    """Add a field to a resource: column, schemas, filter, migration."""
    existing = Existing.find(ROOT, name)
    added = parse_field(text, existing.names.cls)
    tree = Tree(ROOT)
    plan_field(tree, existing, added)
    message = f"{added.words.capitalize()} of {existing.names.many_words}"
    complete = with_default(name, added.column, added.stored_default)
    _show(apply(tree, message, as_it_is if added.is_optional else complete), "written or changed")


@app.command()
def action(
    name: Annotated[str, typer.Argument(help="The resource, such as appointments.")],
    text: Annotated[str, typer.Argument(metavar="action", help="cancel, or finish:done.")],
) -> None:
    """Add an action to a resource: route, rule, event, test."""
    existing = Existing.find(ROOT, name)
    tree = Tree(ROOT)
    added = plan_action(tree, existing, text)
    message = f"When {existing.names.many_words} are {added.state}"
    _show(apply(tree, message, None if added.field else as_it_is), "written or changed")


@app.command()
def event(
    name: Annotated[str, typer.Argument(help="The resource, such as appointments.")],
    verb: Annotated[str, typer.Argument(help=f"One of {', '.join(VERBS)}.")],
) -> None:
    """Give a change of a resource an event of its own, which handlers can name."""
    existing = Existing.find(ROOT, name)
    tree = Tree(ROOT)
    plan_event(tree, existing, verb)
    _show(apply(tree, ""), "changed")


@app.command()
def tool(
    name: Annotated[str, typer.Argument(help="The resource, such as appointments.")],
) -> None:
    """Have the assistant find, read and create rows of a resource."""
    existing = Existing.find(ROOT, name)
    tree = Tree(ROOT)
    plan_tool(tree, existing)
    _show(apply(tree, ""), "written or changed")


def _exclusive(text: str | None, fields: tuple[Field, ...]) -> Exclusive | None:
    return parse_exclusive(text, fields) if text else None


def _searched(text: str, fields: tuple[Field, ...]) -> tuple[Field, ...]:
    known = {field.name: field for field in fields}
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise RefusedError(f"--search: there is no field {name}: add it to the fields.")
    return tuple(known[name] for name in names)


def _show(paths: list[str], what: str) -> None:
    for path in paths:
        print(path)
    error_console.print(f"{len(paths)} files {what}.")


def _say_what_is_next(r: Resource) -> None:
    path = f"backend/services/{r.area}/{r.names.plural}.py"
    error_console.print(
        f"Rules belong into `_check` in {path}. See the change with `git diff`, check it with:\n"
        f"  make lint\n  uv run pytest -n 0 --no-cov tests/integration/{r.area}/"
        f"test_{r.names.plural}.py"
    )
