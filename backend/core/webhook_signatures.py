"""Signatures as Standard Webhooks have them (https://www.standardwebhooks.com)."""

import secrets
from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime

from standardwebhooks import Webhook, WebhookVerificationError

_SECRET_BYTES = 32


class BadSignatureError(Exception):
    """It was not signed with the secret, or too long ago."""


def new_webhook_secret() -> str:
    return f"whsec_{b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"


def signed_headers(
    message_id: str, moment: datetime, body: str, with_secrets: Iterable[str]
) -> dict[str, str]:
    """Return the headers of a message, with a signature by each secret."""
    signatures = [Webhook(each).sign(message_id, moment, body) for each in with_secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def check_signature(secret: str, headers: Mapping[str, str], body: bytes) -> None:
    """Raises BadSignatureError."""
    try:
        Webhook(secret).verify(body, dict(headers), json_parse=False)
    # Of signatures that are not base64, and of bodies that are not UTF-8, it raises ValueError.
    except (WebhookVerificationError, ValueError) as error:
        raise BadSignatureError(str(error)) from error
