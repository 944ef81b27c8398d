"""Texts of an XLSX file that its cells share."""

from collections.abc import Mapping
from sys import getsizeof

from backend.integrations.sheets_escapes import unescaped
from backend.integrations.sheets_xml import XmlReader
from backend.services.sheets import SheetError

_MOST_MEMORY = 64 * 1024 * 1024
_TEXT = ["sst", "si"]


class StringsReader(XmlReader):
    """
    Attributes:
        texts: in their order, without formatting.
    """

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._runs: list[str] = []
        self._memory = 0

    def begin(self, attributes: Mapping[str, str]) -> bool:
        return is_text_of(_TEXT, self.path)

    def end(self, text: str) -> None:
        if text:
            self._runs.append(text)
        elif self.path == _TEXT:
            self._add(unescaped("".join(self._runs)))

    def _add(self, text: str) -> None:
        self._runs, self.characters = [], 0
        self.texts.append(text)
        self._memory += getsizeof(text)
        if self._memory > _MOST_MEMORY:
            raise SheetError("The file has too many texts: split it, or send CSV.")


def is_text_of(parent: list[str], path: list[str]) -> bool:
    """Whether the element at `path` has text of `parent`, all of it or a run.

    Others may have a text that tells how to pronounce it.
    """
    depth = len(parent)
    return path[:depth] == parent and path[depth:] in (["t"], ["r", "t"])
