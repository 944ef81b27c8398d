"""`mvp new action` and `mvp new event`: what happens to the rows of a resource that is there."""

import textwrap
from collections.abc import Iterator

from scaffold import editing
from scaffold.errors import RefusedError
from scaffold.names import class_of
from scaffold.new.existing import Existing
from scaffold.new.fields import Field, parse_field
from scaffold.new.registration import Change
from scaffold.new.rendering import Rendering
from scaffold.new.resource import Action, parse_action
from scaffold.new.rules import rule
from scaffold.project import known_resources
from scaffold.tree import Tree

VERBS = ("created", "updated", "deleted", "archived", "restored")
"""What happens to plain resources."""


def plan_action(tree: Tree, existing: Existing, text: str) -> Action:
    """Returns the action. Raises RefusedError."""
    action = parse_action(text, tuple(_enums(tree, existing)), existing.names.singular)
    existing.refuse_taken(tree, action.name, *([] if action.field else [action.column]))
    rendering = Rendering(existing.bare(), known_resources(tree.root))
    for path, edit in _changes(tree, existing, action, rendering):
        tree.edit(path, edit)
    tree.format()
    return action


def _enums(tree: Tree, existing: Existing) -> Iterator[Field]:
    for column, choices in existing.enums(tree).items():
        yield parse_field(f"{column}:enum({','.join(choices)})", existing.names.cls)


def _changes(
    tree: Tree, existing: Existing, action: Action, rendering: Rendering
) -> Iterator[Change]:
    n, model, service = existing.names, existing.model, existing.service

    def part(name: str) -> str:
        return rendering.render(f"resource/{name}.jinja", action=action)

    yield Change(model, editing.import_from("backend.core.errors", "ConflictError"))
    yield Change(model, editing.member(n.cls, _dedented(part("action_of_model.py"))))
    yield from _event(existing, part("event.py"), action.state)
    if action.field is None:
        yield from _time(existing, action)
    yield Change(service, editing.import_from("uuid", "UUID"))
    preconditions = editing.import_from("backend.core.preconditions", "Precondition")
    yield Change(service, preconditions)
    retries = editing.import_from("backend.core.attempts", "retried")
    yield Change(service, retries)
    method = _dedented(part("action_of_service.py"))
    yield Change(service, editing.member(f"{n.cls}Service", method))
    yield from _own_event(tree, existing, action.state)
    if action.field is not None:
        yield from _rule(tree, existing, action.field, part("rule_of_action.py"))
    problems = "backend.api.problems"
    yield Change(existing.router, editing.import_from(problems, "CONFLICT"))
    yield Change(existing.router, editing.import_from(problems, "declare"))
    yield Change(existing.router, editing.appended(part("action_of_router.py")))
    path = action.name.replace("_", "-")
    world = editing.in_call("Example", f'path="{n.path}"', "actions", f'"{path}"')
    yield Change("tests/world.py", world)
    if "\nPATH = " in tree.read(existing.test):
        yield Change(existing.test, editing.appended(part("test_of_action.py")))
    if tree.has(existing.page):
        text = part("page_of_action.md")
        yield Change(existing.page, lambda page: f"{page.rstrip()}\n\n{text}\n")


def _event(existing: Existing, code: str, verb: str) -> Iterator[Change]:
    path, name = existing.model, existing.names.cls
    yield Change(path, editing.import_from("dataclasses", "dataclass"))
    yield Change(path, editing.import_from("uuid", "UUID"))
    yield Change(path, editing.import_from("backend.core.permissions", "SubjectKind"))
    events = "backend.models.platform.domain_events"
    yield Change(path, editing.import_from(events, "ResourceChanged"))
    yield Change(path, editing.statement(f"\n\n{code}", before=f"class {name}Create"))
    own = editing.import_from(existing.module, f"{name}{class_of(verb)}")
    yield Change(existing.service, own)


def _own_event(tree: Tree, existing: Existing, verb: str) -> Iterator[Change]:
    """The service records it under the verb."""
    path, entry = existing.service, f'"{verb}": {existing.names.cls}{class_of(verb)}'
    if "    own_events = {" in tree.read(path):
        yield Change(path, editing.element("own_events", entry))
        return
    own = f"own_events = {{{entry}}}"
    yield Change(path, editing.first_member(f"{existing.names.cls}Service", own))


def _time(existing: Existing, action: Action) -> Iterator[Change]:
    """The column that keeps when it was."""
    n, path = existing.names, existing.model
    yield Change(path, editing.import_from("datetime", "datetime"))
    yield Change(path, editing.import_from("backend.models.platform.mixins", "now"))
    column = f"{action.column}: datetime | None"
    yield Change(path, editing.member(n.cls, f"{column} = None", after="__table_args__"))
    yield Change(path, editing.member(f"{n.cls}Public", column))


def _rule(tree: Tree, existing: Existing, field: Field, code: str) -> Iterator[Change]:
    """Only the action may set the state."""
    path = existing.service
    yield Change(path, editing.import_from("backend.core.errors", "ConflictError"))
    yield Change(path, editing.import_from(existing.module, field.type))
    yield from rule(
        tree, existing, code, "Raises ConflictError: only an action may set this state."
    )


def _dedented(code: str) -> str:
    return textwrap.dedent(code.strip("\n"))


def plan_event(tree: Tree, existing: Existing, verb: str) -> None:
    """Give a change that is recorded as `ResourceChanged` a class, which handlers can name.

    Raises RefusedError.
    """
    if verb not in VERBS:
        raise RefusedError(
            f"{verb!r}: name one of {', '.join(VERBS)}. Others come with an action: "
            f"`mvp new action {existing.names.plural} NAME`."
        )
    action = Action(verb, verb, None)
    rendering = Rendering(existing.bare(), known_resources(tree.root))
    code = rendering.render("resource/event.py.jinja", action=action)
    for path, edit in (
        *_event(existing, code, verb),
        *_own_event(tree, existing, verb),
    ):
        tree.edit(path, edit)
    tree.format()
