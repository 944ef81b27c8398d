"""The resources that a project has."""

import re
from dataclasses import dataclass
from pathlib import Path

_MODEL = re.compile(
    r"^class Sql\w+\((\w+)\[.*?^    model = (\w+)\n    kind = \"([^\"]+)\"",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Known:
    """
    Attributes:
        kind: the word for a row.
    """

    plural: str
    area: str
    cls: str
    kind: str

    @property
    def model_module(self) -> str:
        return f"backend.models.{self.area}.{self.plural}"

    @property
    def singular(self) -> str:
        return self.kind.replace(" ", "_")

    @property
    def path(self) -> str:
        return self.plural.replace("_", "-")

    @property
    def is_regular(self) -> bool:
        return self.plural.removesuffix("s") == self.singular


def known_resources(root: Path) -> dict[str, Known]:
    """Those with a list, by their plural name."""
    found = {}
    for path in sorted((root / "backend/repositories/sql").glob("*/*.py")):
        match = _MODEL.search(path.read_text(encoding="utf-8"))
        if match and "List" in match[1]:
            found[path.stem] = Known(path.stem, path.parent.name, match[2], match[3])
    return found
