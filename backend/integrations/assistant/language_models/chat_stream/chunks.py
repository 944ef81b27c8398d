"""Parses the relevant parts of a chunk of a stream.

Most servers send more, and some in another shape: unknown shapes are ignored.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from backend.core.storable import storable

Object = dict[str, Any]


IN_CONTENT = "content"
"""Marks thoughts without their own field."""


class Words(NamedTuple):
    """`thought_in` is the field of a thought; None for the answer's text."""

    text: str
    thought_in: str | None = None


@dataclass(frozen=True)
class CallPiece:
    """A piece of a tool call. Missing values are empty or None.

    Attributes:
        index: of the call, among those of the answer.
        extra: data that the provider expects back with the result, as Gemini does.
    """

    index: int | None
    call_id: str
    tool: str
    arguments: str
    extra: Any


@dataclass(frozen=True)
class Chunk:
    """
    Attributes:
        words: text and thoughts; thoughts first.
        usages: all reported usage, wherever it is.
        reason: why the answer ends here; empty if it continues.
        error: None if there is none.
    """

    model: str
    words: tuple[Words, ...]
    calls: tuple[CallPiece, ...]
    usages: tuple[Any, ...]
    reason: str
    refusal: str
    error: Any


def chunk_of(data: Any) -> Chunk:
    """Also for a response that is not a stream, as its only chunk."""
    whole = _object(data)
    choices = whole.get("choices")
    # Only the first: no other was requested.
    choice = _object(choices[0]) if isinstance(choices, list) and choices else {}
    said = _object(choice.get("delta")) or _object(choice.get("message"))
    usages = (whole.get("usage"), choice.get("usage"), _object(whole.get("x_groq")).get("usage"))
    return Chunk(
        model=storable(_text(whole.get("model"))),
        words=tuple(_words_of(said)),
        calls=tuple(_calls_of(said)),
        usages=usages,
        reason=_text(choice.get("finish_reason")).strip(),
        refusal=storable(_text(said.get("refusal"))),
        error=whole.get("error") or choice.get("error") or _error_instead_of(whole),
    )


def _words_of(said: Object) -> Iterator[Words]:
    for field in ("reasoning_content", "reasoning"):
        if thought := _text(said.get(field)):
            yield Words(thought, field)
            # Some servers send it under both names.
            break
    content = said.get("content")
    for part in content if isinstance(content, list) else [content]:
        yield from _words_in(part)


def _words_in(part: Any) -> Iterator[Words]:
    """Parse a content or a part of it, as Mistral sends them. References are ignored."""
    match part:
        case str() if part:
            yield Words(part)
        case {"type": "text" | "output_text", "text": str(text)} if text:
            yield Words(text)
        case {"type": "thinking" | "reasoning", "thinking": thoughts}:
            for each in thoughts if isinstance(thoughts, list) else [thoughts]:
                for words in _words_in(each):
                    yield words._replace(thought_in=IN_CONTENT)


def _calls_of(said: Object) -> Iterator[CallPiece]:
    calls = said.get("tool_calls")
    for piece in calls if isinstance(calls, list) else ():
        if isinstance(piece, dict):
            yield _piece(piece, _object(piece.get("function")))
    if function := _object(said.get("function_call")):
        yield _piece({}, function)


def _piece(piece: Object, function: Object) -> CallPiece:
    index, call_id = piece.get("index"), piece.get("id")
    arguments = function.get("arguments")
    return CallPiece(
        index=index if isinstance(index, int) else None,
        call_id=str(call_id) if isinstance(call_id, str | int) else "",
        tool=_text(function.get("name")),
        arguments=json.dumps(arguments) if isinstance(arguments, dict) else _text(arguments),
        extra=piece.get("extra_content"),
    )


def _error_instead_of(whole: Object) -> Any:
    """An error sent as a chunk, without a field of this name."""
    if {"choices", "usage"} & whole.keys():
        return None
    is_error = "error" in (whole.get("object"), whole.get("type"))
    says_why = any(_text(whole.get(name)) for name in ("message", "detail"))
    return whole if is_error or says_why else None


def _object(value: Any) -> Object:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
