"""Mails from templates, on Jinja."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from backend.models.mails import MailKind
from backend.services.mail import MailContent

_FOLDER = Path(__file__).with_name("mail_templates")


class JinjaTemplates:
    """A pair of each kind, read once: `<kind>.txt`, which has the subject as well, and
    `<kind>.html`, where values are escaped."""

    def __init__(self) -> None:
        environment = Environment(
            loader=FileSystemLoader(_FOLDER),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._text = {kind: environment.get_template(f"{kind}.txt") for kind in MailKind}
        self._html = {kind: environment.get_template(f"{kind}.html") for kind in MailKind}

    def render(self, kind: MailKind, values: Mapping[str, Any]) -> MailContent:
        subject = _subject(self._text[kind], values)
        return MailContent(
            subject=subject,
            text=self._text[kind].render(values),
            html=self._html[kind].render(values, subject=subject),
        )


def _subject(template: Template, values: Mapping[str, Any]) -> str:
    """In one line: a line break would begin another header."""
    written = "".join(template.blocks["subject"](template.new_context(dict(values))))
    return " ".join(written.split())
