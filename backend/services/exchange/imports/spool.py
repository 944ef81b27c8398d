"""Intermediate results of an attempt, on disk until they are written."""

import pickle
from collections.abc import Generator
from pathlib import Path
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Spool(Generic[Item]):
    """Blocks. Nobody else can write the file: this class reads only what it has written."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, item: Item) -> None:
        with self._path.open("ab") as file:
            pickle.dump(item, file, pickle.HIGHEST_PROTOCOL)

    def clear(self) -> None:
        self._path.unlink(missing_ok=True)

    def items(self) -> Generator[Item, None, None]:
        """Yield the items in the order in which they were added."""
        self._path.touch()
        with self._path.open("rb") as file:
            while file.peek(1):
                yield pickle.load(file)  # noqa: S301  # see above
