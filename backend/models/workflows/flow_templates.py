"""Templates in flows: text with `{{ input.name }}` and `{{ steps.name.text }}` in it.

There is no logic in them: what is to be decided, a condition decides.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, NamedTuple, TypeVar

from backend.models.assistant.prompt_templates import PromptTemplate
from backend.models.assistant.template_values import Room, TemplateValues, TooLongError

MAX_RENDERED = 200_000
"""Characters of all values in one text, or in one JSON document."""

Rendered = TypeVar("Rendered")

_PLACE = re.compile(r"[0-9]{1,6}")
"""In a list."""
_HELP = (
    "after {{ comes a value and }}: input.field, steps.name.text or steps.name.output.field, as in "
    "{{ input.customer }}; write {{{{ for the braces themselves"
)


class FlowTemplate(PromptTemplate):
    """As in prompts, but a name is the way to a value."""

    # The base class compiles it.
    pattern: ClassVar[Any] = r"""
        (?P<escaped>\{\{\{\{) |
        \{\{\ *(?P<named>
            input(?:\.[\w-]+)* | steps\.[a-z][a-z0-9_]*\.(?:text|output(?:\.[\w-]+)*)
        )\ *\}\} |
        (?P<braced>(?!)) |  # The base class asks for a group of this name.
        (?P<invalid>\{\{)
    """


class TemplateError(Exception):
    """Base of what may be wrong with a template when it gets its values. The text says what."""


class MissingValueError(TemplateError):
    """A path leads to nothing."""

    def __init__(self, path: object) -> None:
        super().__init__(f"There is no {path}, which a template names.")
        self.path = str(path)


class TooMuchError(TemplateError):
    """What was rendered would get too long."""

    def __init__(self, path: object) -> None:
        super().__init__(
            f"With {path} its templates would have more than {MAX_RENDERED:,} characters: name "
            "less, or have less found."
        )


class Path(NamedTuple):
    """Where a value is found."""

    keys: tuple[str, ...]

    @classmethod
    def of(cls, name: str) -> "Path":
        return cls(tuple(name.split(".")))

    @property
    def step(self) -> str | None:
        """The name of the step that the value is of."""
        return self.keys[1] if self.keys[0] == "steps" else None

    def __str__(self) -> str:
        return ".".join(self.keys)

    def find(self, values: Any) -> Any:
        """What was skipped has nothing to tell, so that whatever is looked for there is null.

        Raises MissingValueError.
        """
        for key in self.keys:
            if values is None:
                return None
            if isinstance(values, list) and _PLACE.fullmatch(key) and int(key) < len(values):
                values = values[int(key)]
            elif isinstance(values, dict) and key in values:
                values = values[key]
            else:
                raise MissingValueError(self)
        return values


def paths_in(value: Any) -> Iterator[Path]:
    """Of all templates in a text, or in the texts of JSON.

    Raises:
        ValueError: it tells how to write a template that is none.
    """
    if isinstance(value, str):
        for found in FlowTemplate.pattern.finditer(value):
            if found["invalid"] is not None:
                raise ValueError(_HELP)
            if found["named"] is not None:
                yield Path.of(found["named"])
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from paths_in(each)


def render_text(text: str, values: Any, shown: Callable[[Path, str], str] | None = None) -> str:
    """The text with its values. `shown` says how the value of a path is written.

    Raises TemplateError.
    """
    return _with_room(lambda room: _text(text, values, room, shown))


def render_json(value: Any, values: Any) -> Any:
    """JSON with the values in its texts. A text that is one template becomes the value itself.

    Raises TemplateError.
    """
    return _with_room(lambda room: _json(value, values, room))


def _with_room(render: Callable[[Room], Rendered]) -> Rendered:
    try:
        return render(Room(MAX_RENDERED))
    except TooLongError as error:
        raise TooMuchError(error) from error


def _text(
    text: str, values: Any, room: Room, shown: Callable[[Path, str], str] | None = None
) -> str:
    def text_of(name: str) -> str:
        path = Path.of(name)
        found = written(path.find(values))
        return shown(path, found) if shown else found

    return FlowTemplate(text).substitute(TemplateValues(text_of, room))


def _json(value: Any, values: Any, room: Room) -> Any:
    if isinstance(value, dict):
        return {name: _json(each, values, room) for name, each in value.items()}
    if isinstance(value, list):
        return [_json(each, values, room) for each in value]
    if not isinstance(value, str):
        return value
    whole = FlowTemplate.pattern.fullmatch(value.strip())
    if whole and whole["named"] is not None:
        found = Path.of(whole["named"]).find(values)
        # As the value itself it takes no room here, but wherever it is sent or kept.
        room.take(len(written(found)), whole["named"])
        return found
    return _text(value, values, room)


def written(value: Any) -> str:
    """How a value stands in a text: null is nothing, what is no text is JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
