"""What mails say."""

from datetime import UTC, datetime
from typing import Any

import pytest
from jinja2 import UndefinedError

from backend.integrations.mail.rendering import JinjaTemplates
from backend.models.mail.mails import MailKind

LINK = "https://app.example.com/page#token=abc"
LINKED = {"link": LINK, "token": "abc", "expires_at": datetime(2026, 6, 1, 12, 30, tzinfo=UTC)}
VALUES: dict[MailKind, dict[str, Any]] = {
    MailKind.VERIFY_EMAIL: LINKED,
    MailKind.RESET_PASSWORD: LINKED,
    MailKind.CHANGE_EMAIL: LINKED,
    MailKind.ACCEPT_INVITATION: LINKED | {"inviter": "Grace"},
    MailKind.NEW_DEVICE: LINKED
    | {"device": "Firefox on Linux", "address": "192.0.2.7", "at": "01 June 2026, 09:30 UTC"},
    MailKind.IMPERSONATED: LINKED
    | {"admin": "Grace", "reason": "She asked for it", "until": "01 June 2026, 09:30 UTC"},
    MailKind.NOTIFICATION: {
        "title": "A task is yours",
        "lines": ["Call her", "Soon"],
        "link": LINK,
    },
}
NAMES = {"inviter", "title", "admin", "reason"}
each_kind = pytest.mark.parametrize("kind", MailKind)


@each_kind
def test_every_kind_has_a_subject_and_says_in_both_forms_what_it_was_given(kind: MailKind) -> None:
    content = JinjaTemplates().render(kind, VALUES[kind])

    assert content.subject
    assert f"<title>{content.subject}</title>" in content.html
    for form in (content.text, content.html):
        assert LINK in form
        assert "{" not in form
    if "expires_at" in VALUES[kind]:
        assert "01 June 2026, 12:30 UTC" in content.text
        assert "01 June 2026, 12:30 UTC" in content.html


@pytest.mark.parametrize(
    "kind", [MailKind.ACCEPT_INVITATION, MailKind.NOTIFICATION, MailKind.IMPERSONATED]
)
def test_what_people_have_typed_is_text_and_no_html(kind: MailKind) -> None:
    evil = "<img src=x onerror=alert(1)>"
    values = {name: evil if name in NAMES else value for name, value in VALUES[kind].items()}
    if "lines" in values:
        values["lines"] = [evil]

    content = JinjaTemplates().render(kind, values)

    assert "<img" not in content.html
    assert "&lt;img" in content.html
    assert evil in content.text


@each_kind
def test_a_link_can_not_leave_its_attribute(kind: MailKind) -> None:
    content = JinjaTemplates().render(kind, VALUES[kind] | {"link": '"><script>'})

    assert "<script>" not in content.html


@each_kind
def test_a_subject_is_one_line(kind: MailKind) -> None:
    values = {
        name: "A\r\nBcc: b@c.de\u2028d" if name in NAMES else value
        for name, value in VALUES[kind].items()
    }

    assert len(JinjaTemplates().render(kind, values).subject.splitlines()) == 1


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, values in VALUES.items() for name in values]
)
def test_a_missing_value_is_an_error_and_no_gap(kind: MailKind, name: str) -> None:
    values = {key: value for key, value in VALUES[kind].items() if key != name}

    with pytest.raises(UndefinedError, match=name):
        JinjaTemplates().render(kind, values)


def test_a_notification_may_lead_nowhere() -> None:
    content = JinjaTemplates().render(
        MailKind.NOTIFICATION, VALUES[MailKind.NOTIFICATION] | {"link": None}
    )

    assert "None" not in content.text + content.html
    assert "<a " not in content.html
