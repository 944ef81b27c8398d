"""Finds in a file what is dead by name: imports of what is gone, and their uses."""

from collections.abc import Iterator

import libcst as cst

from scaffold.remove.dead import Dead
from scaffold.remove.syntax import FUNCTION, Source, dotted_name


def dead_imports(source: Source, dead: Dead) -> Iterator[tuple[cst.ImportAlias, str]]:
    """Yield the imports of what is gone, each with the name that it has in the file."""
    for node in source.nodes():
        match node:
            case cst.ImportFrom(names=[*names]):
                module = dotted_name(node.module)
                for alias in names:
                    name = dotted_name(alias.name)
                    if dead.is_dead(module, name):
                        yield alias, _local(alias, name)
            case cst.Import():
                for alias in node.names:
                    if dead.is_dead(dotted_name(alias.name)):
                        yield alias, _local(alias, dotted_name(alias.name))


def _local(alias: cst.ImportAlias, name: str) -> str:
    return dotted_name(alias.asname.name) if alias.asname else name


def uses_of(source: Source, names: set[str]) -> Iterator[cst.Name]:
    """Yield what reads one of these names of the module."""
    for node in source.nodes():
        if isinstance(node, cst.Name) and node.value in names and _reads(source, node):
            yield node


def _reads(source: Source, name: cst.Name) -> bool:
    match source.parent(name):
        case cst.Attribute(attr=attr) if attr is name:
            return False
        case cst.Arg(keyword=keyword) if keyword is name:
            return False
        case cst.Param(name=own) if own is name:
            return False
        case cst.ImportAlias() | cst.AsName() | cst.FunctionDef() | cst.ClassDef():
            return _is_part(source, name)
    return not _is_local(source, name)


def _is_part(source: Source, name: cst.Name) -> bool:
    around = source.parent(name)
    return not (
        isinstance(around, cst.ImportAlias | cst.AsName)
        or (isinstance(around, cst.FunctionDef | cst.ClassDef) and around.name is name)
    )


def _is_local(source: Source, name: cst.Name) -> bool:
    """Has a function around it a parameter of this name?"""
    for around in source.around(name):
        if isinstance(around, FUNCTION):
            given = around.params
            parameters = (*given.posonly_params, *given.params, *given.kwonly_params)
            if any(each.name.value == name.value for each in parameters):
                return not _is_in_parameters(source, name, around)
    return False


def _is_in_parameters(source: Source, name: cst.Name, function: cst.CSTNode) -> bool:
    """Is it an annotation or a default of the function itself?"""
    inside = next((each for each in source.around(name) if source.parent(each) is function), None)
    return isinstance(inside, cst.Parameters)
