"""One-time codes: of apps (TOTP, RFC 6238), and written down for when the app is lost.

The only file that knows pyotp, which is loaded with the first code.
"""

import secrets
from datetime import datetime

from backend.core.product import NAME
from backend.core.security import token_hash

_WINDOW = 1
"""How many steps of 30 seconds the clocks of server and phone may differ."""
_APP_DIGITS = 6
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_GROUPS, _GROUP_LENGTH = 4, 4  # 80 bits


def new_secret() -> str:
    """160 random bits in base 32, for an app."""
    import pyotp  # noqa: PLC0415  # see above

    return pyotp.random_base32()


def setup_uri(secret: str, account: str) -> str:
    """Return what an app reads from a QR code."""
    import pyotp  # noqa: PLC0415  # see above

    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=NAME)


def step_of(secret: str, code: str, at: datetime) -> int | None:
    """Return the step of time whose code it is, if it is that of now or of a neighbour."""
    import pyotp  # noqa: PLC0415  # see above

    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(code, for_time=at, valid_window=_WINDOW)
    except pyotp.OTPVerificationError:
        return None


def normal_code(typed: str) -> str:
    """Return a code without the spaces and hyphens in which people group it."""
    return "".join(typed.split()).replace("-", "").upper()


def is_of_app(code: str) -> bool:
    return len(code) == _APP_DIGITS and code.isascii() and code.isdigit()


def new_recovery_code() -> str:
    groups = (
        "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS)
    )
    return "-".join(groups)


def recovery_hash(code: str) -> str:
    """Return the hash that is stored. It needs no salt: nobody can guess 80 bits."""
    return token_hash(normal_code(code))
