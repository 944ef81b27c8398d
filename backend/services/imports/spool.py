"""Rows that were read and are good, on the disk until they are written."""

import pickle
from collections.abc import Generator
from pathlib import Path

from backend.services.imports.parsing import ParsedRow


class Spool:
    """Blocks. Nobody else can write the file: what is read from it, this class has written."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, batch: list[ParsedRow]) -> None:
        if batch:
            with self._path.open("ab") as file:
                pickle.dump(batch, file, pickle.HIGHEST_PROTOCOL)

    def batches(self) -> Generator[list[ParsedRow], None, None]:
        self._path.touch()
        with self._path.open("rb") as file:
            while file.peek(1):
                yield pickle.load(file)  # noqa: S301  # see above
