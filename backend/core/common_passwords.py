"""The most common passwords, which whoever guesses tries first.

The list is that of zxcvbn, 30,000 passwords that were leaked. It is loaded with the first new
password: 50 ms and 14 MB.
"""

from functools import cache

from backend.core.passwords import normal_password


def is_common(password: str) -> bool:
    """Whether a password is in the list, whatever its case."""
    return normal_password(password).lower() in _list()


@cache
def _list() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415  # see above

    return frozenset(FREQUENCY_LISTS["passwords"])
