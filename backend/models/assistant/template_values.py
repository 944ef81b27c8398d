"""The values of a template, with a limit on their total length.

A short template may repeat a long value many times.
"""

from collections.abc import Callable, Iterator, Mapping


class TooLongError(Exception):
    """The values exceed the limit. The text is the name of the last one."""


class Room:
    """Counts the characters of values up to a limit."""

    def __init__(self, most: int) -> None:
        self._left = most

    def take(self, size: int, name: str) -> None:
        """Raises TooLongError."""
        self._left -= size
        if self._left < 0:
            raise TooLongError(name)


class TemplateValues(Mapping[str, str]):
    """Texts by name, counted as a template reads them."""

    def __init__(self, text_of: Callable[[str], str], room: Room) -> None:
        self._text_of = text_of
        self._room = room

    def __getitem__(self, name: str) -> str:
        """Raises TooLongError."""
        text = self._text_of(name)
        self._room.take(len(text), name)
        return text

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0
