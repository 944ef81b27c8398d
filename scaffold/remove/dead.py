"""What is gone already, and what therefore has to go."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

Gone = tuple[str, str]
"""A module, and what is gone of it: a name, or an empty text for the whole of it."""

FIXTURES = "(fixtures)"
"""Stands for the module of fixtures, which are not imported."""


class DeadParameter(NamedTuple):
    """
    Attributes:
        callee: the function, or the class whose fields are its parameters.
        place: among the parameters that can be given by place, without `self`; None if none can.
    """

    callee: str
    place: int | None
    name: str


class Cut(NamedTuple):
    """
    Attributes:
        is_logic: a statement within a function, which a person should look at.
    """

    path: Path
    line: int
    text: str
    is_logic: bool = False


@dataclass
class Dead:
    """
    Attributes:
        modules: by dotted name.
        names: what is gone from a module, as (module, name).
        bases: the base classes that a class of a dead module had, by (module, name).
        ancestors: by the name of a class, all classes that it inherits from.
        fixtures: those of tests, by name, with the files that they were for; None: all.
    """

    modules: set[str] = field(default_factory=set)
    names: set[tuple[str, str]] = field(default_factory=set)
    bases: dict[tuple[str, str], list[tuple[str, str]]] = field(default_factory=dict)
    ancestors: dict[str, set[str]] = field(default_factory=dict)
    parameters: set[DeadParameter] = field(default_factory=set)
    fixtures: dict[str, Path | None] = field(default_factory=dict)
    cuts: list[Cut] = field(default_factory=list)

    def is_dead(self, module: str, name: str | None = None) -> bool:
        if module in self.modules or any(module.startswith(f"{each}.") for each in self.modules):
            return True
        return name is not None and (
            (module, name) in self.names or f"{module}.{name}" in self.modules
        )

    def everything(self) -> frozenset[Gone]:
        """Return all that is gone by name."""
        modules = {(module, "") for module in self.modules}
        return frozenset({*modules, *self.names, *((FIXTURES, name) for name in self.fixtures)})

    def of_callee(self, callee: str) -> list[DeadParameter]:
        return [each for each in self.parameters if each.callee == callee]
