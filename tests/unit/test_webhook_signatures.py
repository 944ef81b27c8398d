"""Messages are signed so that the library of the standard takes them, and checked strictly."""

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from backend.core.webhook_signatures import (
    BadSignatureError,
    check_signature,
    new_webhook_secret,
    signed_headers,
)

BODY = '{"name": "Zoë"}'


def test_a_message_is_signed_by_each_secret() -> None:
    old, new = new_webhook_secret(), new_webhook_secret()

    headers = signed_headers("msg_1", datetime.now(UTC), BODY, [new, old])

    assert headers["webhook-id"] == "msg_1"
    for secret in (old, new):
        assert Webhook(secret).verify(BODY, headers) == {"name": "Zoë"}
        check_signature(secret, headers, BODY.encode())


def test_each_secret_is_another() -> None:
    assert new_webhook_secret() != new_webhook_secret()
    assert new_webhook_secret().startswith("whsec_")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("webhook-signature", ""),
        ("webhook-signature", "v1"),
        ("webhook-signature", "v1,abc"),
        ("webhook-signature", "v1,a,b"),
        ("webhook-signature", "v1,é"),
        ("webhook-signature", "v2,MDEyMw=="),
        ("webhook-timestamp", "yesterday"),
        ("webhook-timestamp", "inf"),
        ("webhook-timestamp", "9" * 300),
        ("webhook-id", ""),
    ],
)
def test_what_was_changed_is_refused(name: str, value: str) -> None:
    secret = new_webhook_secret()
    headers = signed_headers("msg_1", datetime.now(UTC), BODY, [secret])

    with pytest.raises(BadSignatureError, match=f"^{name} "):
        check_signature(secret, headers | {name: value}, BODY.encode())


def test_another_id_is_refused() -> None:
    secret = new_webhook_secret()
    headers = signed_headers("msg_1", datetime.now(UTC), BODY, [secret])

    with pytest.raises(BadSignatureError, match="No matching signature"):
        check_signature(secret, headers | {"webhook-id": "msg_2"}, BODY.encode())


@pytest.mark.parametrize("before", ["v1", "v1a,MDEy", "v1,A", "v1,a,b", "", "v1,é"])
def test_one_good_signature_among_others_is_enough(before: str) -> None:
    secret = new_webhook_secret()
    headers = signed_headers("msg_1", datetime.now(UTC), BODY, [secret])
    good = headers["webhook-signature"]

    for given in (f"{before} {good}", f"{good.rstrip('=')} {before}"):
        check_signature(secret, headers | {"webhook-signature": given}, BODY.encode())


def test_another_body_is_refused() -> None:
    secret = new_webhook_secret()
    headers = signed_headers("msg_1", datetime.now(UTC), BODY, [secret])

    for body in (b"{}", b"\xff"):
        with pytest.raises(BadSignatureError):
            check_signature(secret, headers, body)


def test_what_was_signed_long_ago_is_refused() -> None:
    secret = new_webhook_secret()
    headers = signed_headers("msg_1", datetime.now(UTC) - timedelta(minutes=6), BODY, [secret])

    with pytest.raises(BadSignatureError, match="too old"):
        check_signature(secret, headers, BODY.encode())
