"""Assembles tool calls from their pieces.

By the protocol each call has its own index and is named in its first piece. Ollama gives the same
index to all, others none; LM Studio gives each piece its own id; others repeat the name in each
piece, or split it.
"""

import re
from collections.abc import Collection
from typing import Any
from uuid import uuid4

from backend.core.storable import storable
from backend.integrations.assistant.language_models.chat_stream.chunks import CallPiece
from backend.integrations.assistant.language_models.chat_stream.surrogates import joined_json

_OF_JSON = re.compile(r'["\\{}\[\]]')


class Call:
    """One call in progress."""

    def __init__(self, call_id: str, given_id: str) -> None:
        """`given_id` is the provider's; another call may have the same."""
        self.call_id = call_id
        self.given_id = given_id
        self.tool = ""
        self.extra: Any = None
        self._arguments: list[str] = []
        self._object = _JsonObject()

    @property
    def arguments(self) -> str:
        return joined_json("".join(self._arguments))

    @property
    def has_arguments(self) -> bool:
        return bool(self._arguments)

    @property
    def is_whole(self) -> bool:
        """Whether its arguments are a complete object."""
        return self._object.is_closed

    def cut_off(self) -> None:
        """Its arguments are missing: it must not count as a call without arguments."""
        self._arguments.append("{")

    def take(self, piece: CallPiece) -> None:
        if piece.tool and piece.tool != self.tool:
            self.tool += storable(piece.tool)
        if piece.arguments:
            self._arguments.append(piece.arguments)
            self._object.feed(piece.arguments)
        self.extra = piece.extra or self.extra


class Calls:
    """All calls of one answer."""

    def __init__(self, tools: Collection[str], taken: Collection[str]) -> None:
        """`tools` are the names of the offered ones; no call gets an id that is `taken`."""
        self.all: list[Call] = []
        self._tools = tools
        self._ids = set(taken)
        self._by_id: dict[str, Call] = {}
        self._by_index: dict[int, Call] = {}

    def take(self, piece: CallPiece) -> Call:
        """Return the call that the piece belongs to."""
        call = self._begun(piece) or self._new(piece)
        if piece.call_id:
            self._by_id[piece.call_id] = call
        if piece.index is not None:
            self._by_index[piece.index] = call
        call.take(piece)
        return call

    def _new(self, piece: CallPiece) -> Call:
        given = piece.call_id
        call = Call(given if given and given not in self._ids else _new_id(), given)
        self._ids.add(call.call_id)
        self.all.append(call)
        return call

    def _begun(self, piece: CallPiece) -> Call | None:
        """Return the call that it continues; None if it begins a new one."""
        last = self.all[-1] if self.all else None
        here = last if piece.index is None else self._by_index.get(piece.index)
        known = self._by_id.get(piece.call_id)
        if not piece.tool:
            return known or here or last
        if known and (known is here or (known.tool == piece.tool and not known.is_whole)):
            return known
        if here is None:
            return None
        if piece.call_id and here.given_id and piece.call_id != here.given_id:
            # The id may differ per piece or per call: only incomplete arguments decide.
            is_open = here.has_arguments and not here.is_whole
            return here if is_open and here.tool == piece.tool else None
        return here if self._goes_on(here, piece) else None

    def _goes_on(self, call: Call, piece: CallPiece) -> bool:
        """Without a usable id: decide by the name, and by whether arguments are incomplete."""
        if not call.tool:
            return True
        if call.tool == piece.tool:
            return not call.is_whole or not piece.arguments
        is_piece_of_name = call.tool not in self._tools and piece.tool not in self._tools
        return not call.has_arguments and is_piece_of_name


class _JsonObject:
    """Finds the end of a JSON object that arrives in pieces."""

    def __init__(self) -> None:
        self._depth = 0
        self._is_in_text = False
        self._is_escaped = False
        self.is_closed = False

    def feed(self, text: str) -> None:
        at = 0
        for mark in _OF_JSON.finditer(text):
            escaped = self._is_escaped and mark.start() == at
            self._is_escaped = False
            if not escaped:
                self._take(mark[0])
            at = mark.end()
        self._is_escaped = self._is_escaped and at == len(text)

    def _take(self, mark: str) -> None:
        if mark == '"':
            self._is_in_text = not self._is_in_text
        elif mark == "\\":
            self._is_escaped = self._is_in_text
        elif not self._is_in_text:
            self._depth += 1 if mark in "{[" else -1
            self.is_closed = self._depth == 0


def _new_id() -> str:
    """Mistral accepts exactly nine letters and digits."""
    return uuid4().hex[:9]
