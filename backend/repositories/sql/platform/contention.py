"""Translates conflicts between transactions into domain errors."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.errors import DeadlockDetected, LockNotAvailable, SerializationFailure
from sqlalchemy.exc import OperationalError

from backend.core.errors import LockedError, TransactionLostError

_LOCKED = "Somebody else is changing the same object. Nothing was changed: try again in a moment."
_LOST = "Others changed the same objects at the same time. Nothing was changed: try again."


@contextmanager
def contention_errors() -> Iterator[None]:
    """Turn lock timeouts, deadlocks and serialisation failures into domain errors.

    The database has then aborted the transaction.
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
