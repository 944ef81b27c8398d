"""Adds a rule to the service of a resource that is there."""

import textwrap
from collections.abc import Iterator

from scaffold import editing
from scaffold.errors import RefusedError
from scaffold.new.existing import Existing
from scaffold.new.registration import Change
from scaffold.tree import Tree


def rule(tree: Tree, existing: Existing, code: str, raised: str) -> Iterator[Change]:
    """Have `_check` begin with the code; without a `_check`, add one, which raises as said."""
    path, service = existing.service, f"{existing.names.cls}Service"
    lines = textwrap.dedent(code.strip("\n"))
    there = tree.read(path)
    if "async def _check(" in there:
        for statement in reversed(editing.members_of(textwrap.indent(lines, "    "))):
            yield Change(path, editing.in_method(service, "_check", statement, first=True))
        return
    if "async def _apply(" in there or "async def _check_new(" in there:
        raise RefusedError(f"{path} has rules of its own in _apply: add this one by hand.")
    name, unit = existing.names.cls, f"{existing.area.capitalize()}Unit"
    head = (
        f"async def _check(\n    self, uow: {unit}, row: {name}, before: {name} | None, "
        f'by: Principal\n) -> None:\n    """{raised}"""\n'
    )
    yield Change(path, editing.member(service, f"{head}{textwrap.indent(lines, '    ')}\n"))
