"""Templates in flows: text with `{{ input.name }}` and `{{ steps.name.text }}` in it.

They contain no logic: decisions are made by conditions.
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
    "after {{ come a value and }}: input.field, steps.name.text or steps.name.output.field, as in "
    "{{ input.customer }}; write {{{{ for the braces themselves"
)


class FlowTemplate(PromptTemplate):
    """Like those of prompts, but a name is the path to a value."""

    # The base class compiles this.
    pattern: ClassVar[Any] = r"""
        (?P<escaped>\{\{\{\{) |
        \{\{\ *(?P<named>
            input(?:\.[\w-]+)* | steps\.[a-z][a-z0-9_]*\.(?:text|output(?:\.[\w-]+)*)
        )\ *\}\} |
        (?P<braced>(?!)) |  # The base class asks for a group of this name.
        (?P<invalid>\{\{)
    """


class TemplateError(Exception):
    """Base of errors in rendering a template. The text describes the error."""


class MissingValueError(TemplateError):
    """A path has no value."""

    def __init__(self, path: object) -> None:
        super().__init__(f"A template names {path}, which does not exist.")
        self.path = str(path)


class TooMuchError(TemplateError):
    """The rendered text would be too long."""

    def __init__(self, path: object) -> None:
        super().__init__(
            f"With {path} its templates would have more than {MAX_RENDERED:,} characters: name "
            "less, or find less."
        )


class Path(NamedTuple):
    """The path of a value."""

    keys: tuple[str, ...]

    @classmethod
    def of(cls, name: str) -> "Path":
        return cls(tuple(name.split(".")))

    @property
    def step(self) -> str | None:
        """The name of the step that the value belongs to."""
        return self.keys[1] if self.keys[0] == "steps" else None

    def __str__(self) -> str:
        return ".".join(self.keys)

    def find(self, values: Any) -> Any:
        """Return the value at the path; null for everything in a skipped step.

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
    """Yield the paths of all templates in a text, or in the texts of JSON.

    Raises:
        ValueError: a template is malformed; the message says how to write it.
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
    """Return the text with its values. `shown` formats the value of a path.

    Raises TemplateError.
    """
    return _with_room(lambda room: _text(text, values, room, shown))


def render_json(value: Any, values: Any) -> Any:
    """Return JSON with the values in its texts. A text of one template becomes its value.

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
        # The value itself takes no memory here, but wherever it is sent or stored.
        room.take(len(written(found)), whole["named"])
        return found
    return _text(value, values, room)


def written(value: Any) -> str:
    """Format a value for a text: null is empty, other non-texts are JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
