"""The areas of the project and their order, as the import contracts of pyproject.toml have them."""

import re
import tomllib
from pathlib import Path

from scaffold.errors import RefusedError

_CONTRACT = "Areas import only from areas below them, in every layer"


class Areas:
    def __init__(self, root: Path) -> None:
        settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
        contracts = settings["tool"]["importlinter"]["contracts"]
        [layers] = (each["layers"] for each in contracts if each["name"] == _CONTRACT)
        self._ranks = {
            area: rank
            for rank, layer in enumerate(reversed(layers))
            for area in re.findall(r"\w+", layer)
        }
        self.with_resources = [
            area
            for area in self._ranks
            if (root / f"backend/services/{area}/wiring.py").exists()
            and (root / f"backend/repositories/sql/{area}/unit.py").exists()
            and (root / f"backend/api/v1/{area}").exists()
        ]

    def check(self, area: str) -> None:
        """Raises RefusedError unless resources of this area are possible."""
        if area not in self.with_resources:
            known = ", ".join(sorted(self.with_resources))
            raise RefusedError(f"--area: there is no area {area!r} for resources: use {known}.")

    def is_above(self, area: str, other: str) -> bool:
        """Whether the area may import from the other. An area that was removed is above none."""
        return other in self._ranks and self._ranks[area] > self._ranks[other]

    def check_above(self, flag: str, area: str, other: str) -> None:
        """Raises RefusedError unless `other` exists and may import from the area."""
        if not self.is_above(other, area) if other in self._ranks else True:
            raise RefusedError(
                f"{flag}: {other} can't use resources of {area}, as it is not above it: "
                f"leave {flag} out, or choose an area below {other}."
            )
