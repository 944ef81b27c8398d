"""What it means when transactions get in each other's way."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.errors import DeadlockDetected, LockNotAvailable, SerializationFailure
from sqlalchemy.exc import OperationalError

from backend.core.errors import LockedError, TransactionLostError

_LOCKED = "Somebody else is changing the same thing. Nothing was changed: try again in a moment."
_LOST = "Others changed the same things at the same time. Nothing was changed: try again."


@contextmanager
def contention_errors() -> Iterator[None]:
    """Turn a lock that was not to be had, a deadlock and a failure to serialise into domain errors.

    The database has ended the transaction by then.
    """
    try:
        yield
    except OperationalError as error:
        match error.orig:
            case LockNotAvailable():
                raise LockedError(_LOCKED, retry_after=1) from error
            case DeadlockDetected() | SerializationFailure():
                raise TransactionLostError(_LOST, retry_after=1) from error
        raise
