"""A resource that stands in the project, as far as commands that add to it need to know it."""

import re
from dataclasses import dataclass
from pathlib import Path

from scaffold.errors import RefusedError
from scaffold.names import Names
from scaffold.new.resource import Resource
from scaffold.project import known_resources
from scaffold.tree import Tree


@dataclass(frozen=True)
class Existing:
    names: Names
    area: str
    root: Path

    @classmethod
    def find(cls, root: Path, plural: str) -> "Existing":
        """Raises RefusedError if there is no such resource, with one file in each layer."""
        known = known_resources(root)
        if plural not in known:
            listed = ", ".join(sorted(known))
            raise RefusedError(f"There is no resource {plural!r}: use one of {listed}.")
        found = cls(Names(plural, known[plural].singular), known[plural].area, root)
        for path in (found.model, found.service, found.router):
            if not (root / path).exists():
                raise RefusedError(f"{plural} is not one file in each layer: {path} is missing.")
        if f"class {found.names.cls}Base(" not in (root / found.model).read_text(encoding="utf-8"):
            raise RefusedError(f"{found.model} has no {found.names.cls}Base: add it by hand.")
        return found

    @property
    def model(self) -> str:
        return f"backend/models/{self.area}/{self.names.plural}.py"

    @property
    def module(self) -> str:
        return f"backend.models.{self.area}.{self.names.plural}"

    @property
    def sql(self) -> str:
        return f"backend/repositories/sql/{self.area}/{self.names.plural}.py"

    @property
    def service(self) -> str:
        return f"backend/services/{self.area}/{self.names.plural}.py"

    @property
    def router(self) -> str:
        return f"backend/api/v1/{self.area}/{self.names.plural}.py"

    @property
    def test(self) -> str:
        return f"tests/integration/{self.area}/test_{self.names.plural}.py"

    @property
    def page(self) -> str:
        return f"docs/use/{self.names.path}.md"

    def refuse_taken(self, tree: Tree, *names: str) -> None:
        """Raises RefusedError if rows have a field, a property or an action of such a name."""
        text = tree.read(self.model)
        for name in names:
            if re.search(rf"^    (?:def {name}\(|{name}: )", text, re.MULTILINE):
                raise RefusedError(
                    f"{name}: {self.names.plural} have this already: choose another name."
                )

    def enums(self, tree: Tree) -> dict[str, list[str]]:
        """The choices of each enum of the model, by column."""
        text = tree.read(self.model)
        found = {}
        for name, body in re.findall(
            r"^class (\w+)\(StrEnum\):\n((?:    .*\n)+)", text, re.MULTILINE
        ):
            column = re.search(rf"^    (\w+): {name}(?: =|$)", text, re.MULTILINE)
            if column and not name.endswith("Sort"):
                found[column[1]] = re.findall(r'= "([^"]+)"', body)
        return found

    def bare(self) -> Resource:
        """The resource without its fields, for templates of parts."""
        return Resource(names=self.names, area=self.area, fields=())
