"""Signatures as Standard Webhooks have them (https://www.standardwebhooks.com)."""

import re
import secrets
from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime

from standardwebhooks import Webhook, WebhookVerificationError

_SECRET_BYTES = 32
_ID, _TIMESTAMP, _SIGNATURES = "webhook-id", "webhook-timestamp", "webhook-signature"
_SECONDS = re.compile(r"[0-9]{1,12}")
_BY_SHA256 = re.compile(r"v1,([A-Za-z0-9+/]{43})=?")


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
        _ID: message_id,
        _TIMESTAMP: str(int(moment.timestamp())),
        _SIGNATURES: " ".join(signatures),
    }


def check_signature(secret: str, headers: Mapping[str, str], body: bytes) -> None:
    """Raises BadSignatureError, which names the header that can't be used."""
    for name in (_ID, _TIMESTAMP, _SIGNATURES):
        if not headers.get(name):
            raise BadSignatureError(f"{name} is missing")
    if not _SECONDS.fullmatch(headers[_TIMESTAMP]):
        raise BadSignatureError(f"{_TIMESTAMP} must be in whole seconds since 1970")
    given = {**headers, _SIGNATURES: _readable(headers[_SIGNATURES])}
    try:
        Webhook(secret).verify(body, given, json_parse=False)
    except UnicodeDecodeError:
        raise BadSignatureError("the body is not UTF-8") from None
    except WebhookVerificationError as error:
        raise BadSignatureError(str(error)) from error


def _readable(signatures: str) -> str:
    """Return those that the library can read: one that it can't makes it refuse all.

    Raises BadSignatureError if there is none.
    """
    found = [f"v1,{each[1]}=" for each in map(_BY_SHA256.fullmatch, signatures.split()) if each]
    if not found:
        raise BadSignatureError(f"{_SIGNATURES} must have a v1, followed by a signature in base64")
    return " ".join(found)
