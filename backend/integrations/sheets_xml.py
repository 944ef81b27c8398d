"""XML as a stream. Nothing of a document is held but what a reader keeps of it."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import IO
from xml.parsers import expat

from backend.services.sheets import SheetError

_CHUNK = 64 * 1024
_LONGEST_TAG = 1024 * 1024
_MOST_TEXT = 2_000_000
_EACH_TEXT = 64
"""What even a short text takes, in characters."""

_MOST_NAMES = 100_000
_DEEPEST = 50
_MOST_BYTES = 1024 * 1024 * 1024
_TOO_LARGE = "The file is too large when it is unpacked: split it, or send CSV."


class XmlReader(ABC):
    """Is told of the elements, in their order.

    Attributes:
        path: names without prefixes, from the root to the element at hand.
        characters: of the texts that were wanted since a reader has set it to 0; it is bounded.
        is_finished: what a reader sets when it has seen enough.
    """

    def __init__(self) -> None:
        self.path: list[str] = []
        self.characters = 0
        self.is_finished = False
        self._text: list[str] | None = None
        # Expat and Python keep each name for as long as they read.
        self._names: dict[str, str] = {}
        self._known_names = 0
        self._parser = expat.ParserCreate(intern=self._names)
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._stop
        self._parser.CharacterDataHandler = self._add_text
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype

    @abstractmethod
    def begin(self, attributes: Mapping[str, str]) -> bool:
        """The element begins. Answers whether its text is wanted."""

    @abstractmethod
    def end(self, text: str) -> None:
        """The element ends. `text` is blank if it was not wanted."""

    def read(self, source: IO[bytes]) -> Iterator[None]:
        """Yields after each piece of the document, so that what was found in it can be taken.

        Raises:
            SheetError: it would take too much memory.
            ExpatError: it is no XML.
        """
        size = 0
        while not self.is_finished and (chunk := source.read(_CHUNK)):
            self._parser.Parse(chunk)
            size += len(chunk)
            self._check(size)
            yield
        if not self.is_finished:
            self._parser.Parse(b"", True)
            yield

    def _check(self, size: int) -> None:
        # Expat holds a tag or a comment until it has seen the end of it.
        is_long = size - max(0, self._parser.CurrentByteIndex) > _LONGEST_TAG
        if is_long or size > _MOST_BYTES or self._has_many_names():
            raise SheetError(_TOO_LARGE)

    def _has_many_names(self) -> bool:
        if len(self._names) == self._known_names:
            return False
        self._known_names = len(self._names)
        return sum(map(len, self._names)) > _MOST_NAMES

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.path.append(name.rpartition(":")[2])
        if len(self.path) > _DEEPEST:
            raise SheetError(_TOO_LARGE)
        self._text = [] if self.begin(attributes) else None
        if self._text is not None:
            self._count(_EACH_TEXT)

    def _stop(self, _: str) -> None:
        self.end("".join(self._text) if self._text else "")
        self._text = None
        self.path.pop()

    def _add_text(self, text: str) -> None:
        if self._text is not None:
            self._count(len(text))
            self._text.append(text)

    def _count(self, characters: int) -> None:
        self.characters += characters
        if self.characters > _MOST_TEXT:
            raise SheetError("A row or a cell has too many characters: shorten it.")

    def _refuse_doctype(self, *_: object) -> None:
        raise SheetError("The file has a document type in it: save it anew, or as CSV.")


def read_whole(reader: XmlReader, source: IO[bytes]) -> None:
    """Raises as `XmlReader.read` does."""
    for _ in reader.read(source):
        pass
