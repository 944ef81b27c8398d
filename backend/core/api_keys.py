"""The text of API keys: a prefix, 256 random bits, and a checksum of them.

By the checksum, whoever looks for leaked keys tells one from a text that only looks like it, and a
mistyped key is refused without a query.
"""

import secrets
from binascii import crc32
from string import ascii_letters, digits

from backend.core.product import KEY_PREFIX

_ALPHABET = digits + ascii_letters
_RANDOM_LENGTH = 43  # 62 ** 43 > 2 ** 256
_CHECKSUM_LENGTH = 6  # 62 ** 6 > 2 ** 32
_SHOWN = len(KEY_PREFIX) + 6
KEY_PATTERN = f"{KEY_PREFIX}[0-9A-Za-z]{{{_RANDOM_LENGTH + _CHECKSUM_LENGTH}}}"


def new_key() -> str:
    text = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_LENGTH))
    return f"{KEY_PREFIX}{text}{_checksum(text)}"


def is_key(text: str) -> bool:
    """Whether a credential means to be an API key, and not an access token."""
    return text.startswith(KEY_PREFIX)


def is_intact(key: str) -> bool:
    """Whether the checksum of a key is right."""
    text = key.removeprefix(KEY_PREFIX)
    random, checksum = text[:_RANDOM_LENGTH], text[_RANDOM_LENGTH:]
    return len(random) == _RANDOM_LENGTH and secrets.compare_digest(
        checksum.encode(), _checksum(random).encode()
    )


def shown_part(key: str) -> str:
    """The beginning of a key, by which its owner recognises it in a list."""
    return key[:_SHOWN]


def _checksum(text: str) -> str:
    number, letters = crc32(text.encode()), ""
    for _ in range(_CHECKSUM_LENGTH):
        number, place = divmod(number, len(_ALPHABET))
        letters = _ALPHABET[place] + letters
    return letters
