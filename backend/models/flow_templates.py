"""Templates in flows: text with `{{ input.name }}` and `{{ steps.name.text }}` in it.

There is no logic in them: what is to be decided, a condition decides.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, NamedTuple

from backend.models.prompt_templates import PromptTemplate

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


class MissingValueError(Exception):
    """A path leads to nothing. The text is the path."""


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
                raise MissingValueError(str(self))
        return values


class _Values(Mapping[str, str]):
    """Texts of values by the way to them, as a template asks for them."""

    def __init__(self, values: Any, shown: Callable[[Path, str], str] | None) -> None:
        self._values = values
        self._shown = shown

    def __getitem__(self, name: str) -> str:
        path = Path.of(name)
        text = written(path.find(self._values))
        return self._shown(path, text) if self._shown else text

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


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

    Raises MissingValueError.
    """
    return FlowTemplate(text).substitute(_Values(values, shown))


def render_json(value: Any, values: Any) -> Any:
    """JSON with the values in its texts. A text that is one template becomes the value itself.

    Raises MissingValueError.
    """
    if isinstance(value, dict):
        return {name: render_json(each, values) for name, each in value.items()}
    if isinstance(value, list):
        return [render_json(each, values) for each in value]
    if not isinstance(value, str):
        return value
    whole = FlowTemplate.pattern.fullmatch(value.strip())
    if whole and whole["named"] is not None:
        return Path.of(whole["named"]).find(values)
    return render_text(value, values)


def written(value: Any) -> str:
    """How a value stands in a text: null is nothing, what is no text is JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
