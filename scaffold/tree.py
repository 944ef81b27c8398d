"""The files of a project, changed in memory and written together: none is half changed."""

import re
from collections.abc import Callable
from pathlib import Path

from scaffold.errors import RefusedError
from scaffold.formatting import formatted
from scaffold.twice import defined_twice


class Tree:
    def __init__(self, root: Path) -> None:
        self.root = root
        self._changed: dict[str, str] = {}

    def read(self, path: str) -> str:
        """Return the text of a file, with the changes so far."""
        return self._changed.get(path) or (self.root / path).read_text(encoding="utf-8")

    def has(self, path: str) -> bool:
        return path in self._changed or (self.root / path).exists()

    def create(self, path: str, text: str) -> None:
        """Add a file. Raises RefusedError if there is one."""
        if self.has(path):
            raise RefusedError(f"{path} exists: choose another name, or remove the file first.")
        self._changed[path] = text

    def edit(self, path: str, change: Callable[[str], str]) -> None:
        """Change a file that exists."""
        self._changed[path] = change(self.read(path))

    @property
    def changed(self) -> list[str]:
        return sorted(self._changed)

    def format(self) -> None:
        """Format all changed files. Raises RefusedError if one would define a name twice."""
        python = {path: text for path, text in self._changed.items() if path.endswith(".py")}
        new = {path for path in python if not (self.root / path).exists()}
        for path, text in self._changed.items():
            self._changed[path] = re.sub(r"\n{3,}", "\n\n", text.rstrip("\n")) + "\n"
        self._changed |= formatted(self.root, python, new)
        for path in python:
            self._check_twice(path)

    def _check_twice(self, path: str) -> None:
        before = _bytes_of(self.root / path) or b""
        for name in defined_twice(before.decode(), self._changed[path]):
            raise RefusedError(
                f"{path} would have {name} twice: "
                "rename the resource, field or action that it is called after."
            )

    def write(self) -> Callable[[], None]:
        """Write all changes. Returns a function that takes them back."""
        before = {path: _bytes_of(self.root / path) for path in self._changed}
        for path, text in self._changed.items():
            target = self.root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")

        def take_back() -> None:
            for path, content in before.items():
                if content is None:
                    (self.root / path).unlink(missing_ok=True)
                else:
                    (self.root / path).write_bytes(content)

        return take_back


def _bytes_of(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None
