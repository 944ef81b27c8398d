"""How long to wait before something is sent again."""

import random
from datetime import timedelta

_PAUSES = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
)


def pause_after(failures: int) -> timedelta:
    """Return the pause after so many failures, each longer than the one before.

    The jitter spreads the deliveries that have failed at the same time.
    """
    longest = _PAUSES[min(failures, len(_PAUSES)) - 1]
    return longest * random.uniform(0.8, 1)  # noqa: S311  # no secret
