"""What can be read by an address: each is a tool that reads, called with what the address names."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic_core import to_json

from backend.core.errors import NotFoundError


@dataclass(frozen=True)
class ToolResource:
    """
    Attributes:
        uri_template: with the argument of the tool in braces.
        tool: that reads it.
        text_of: what is shown of its result.
    """

    uri_template: str
    tool: str
    description: str
    mime_type: str
    text_of: Callable[[dict[str, Any]], str]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        before, argument, after = re.split(r"[{}]", self.uri_template)
        return re.compile(f"{re.escape(before)}(?P<{argument}>[^/]+){re.escape(after)}")


def _json(result: dict[str, Any]) -> str:
    return to_json(result, indent=2).decode()


def _text(result: dict[str, Any]) -> str:
    text, rest = str(result["foreign_text"]), result["next_start"]
    if rest is None:
        return text
    return f"{text}\n\nThe file goes on: call read_file with start={rest}."


TEMPLATES = (
    ToolResource(
        "app://customers/{customer_id}/timeline",
        "customer_timeline",
        "What has happened with a customer, the newest first.",
        "application/json",
        _json,
    ),
    ToolResource(
        "app://files/{file_id}/text",
        "read_file",
        "The text of a file.",
        "text/plain",
        _text,
    ),
)


def call_of(uri: str) -> tuple[ToolResource, dict[str, Any]]:
    """Return the resource with this address, and the arguments of its tool.

    Raises:
        NotFoundError: there is none.
    """
    for template in TEMPLATES:
        if found := template.pattern.fullmatch(uri):
            return template, dict(found.groupdict())
    known = " or ".join(template.uri_template for template in TEMPLATES)
    raise NotFoundError(f"There is no resource {uri}: use {known}.")
