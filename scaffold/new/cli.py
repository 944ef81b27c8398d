"""`mvp new`: writes a resource, or adds to one."""

from pathlib import Path
from typing import Annotated

import typer

from backend.cli.runtime import error_console
from scaffold.errors import RefusedError
from scaffold.names import Names
from scaffold.new.checks import check_possible
from scaffold.new.fields import Field, parse_field
from scaffold.new.rendering import Rendering
from scaffold.new.resource import Exclusive, Flags, Resource, parse_action, parse_exclusive
from scaffold.new.writing import apply, plan
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
    _show(apply(tree, message, needs_ranges=wanted.exclusive is not None), "written or changed")
    _say_what_is_next(wanted)


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
