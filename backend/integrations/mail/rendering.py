"""Mails from templates, on Jinja."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.models.mail.mails import MailKind
from backend.services.mail.protocols import MailContent

if TYPE_CHECKING:
    from jinja2 import Environment, Template

_FOLDER = Path(__file__).with_name("templates")


class JinjaTemplates:
    """Two templates per kind: `<kind>.txt` with the subject, and `<kind>.html` with escaped values.

    Jinja is loaded, and a template compiled, with the first mail that needs it.
    """

    def render(self, kind: MailKind, values: Mapping[str, Any]) -> MailContent:
        text = self._environment.get_template(f"{kind}.txt")
        html = self._environment.get_template(f"{kind}.html")
        subject = _subject(text, values)
        return MailContent(
            subject=subject,
            text=text.render(values),
            html=html.render(values, subject=subject),
        )

    @cached_property
    def _environment(self) -> "Environment":
        from jinja2 import (  # noqa: PLC0415  # see the class
            Environment,
            FileSystemLoader,
            StrictUndefined,
            select_autoescape,
        )

        return Environment(
            loader=FileSystemLoader(_FOLDER),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )


def _subject(template: "Template", values: Mapping[str, Any]) -> str:
    """Join to one line: a line break would begin another header."""
    written = "".join(template.blocks["subject"](template.new_context(dict(values))))
    return " ".join(written.split())
