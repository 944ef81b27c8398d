"""How rows are locked, and conflicts between transactions as domain errors."""

from typing import Any

from psycopg.errors import DeadlockDetected, LockNotAvailable, SerializationFailure
from sqlalchemy.exc import OperationalError

from backend.core.errors import DomainError, LockedError, TransactionLostError

# FOR NO KEY UPDATE does not block inserts of rows that refer to this one.
LOCK: dict[str, Any] = {"key_share": True}

_LOCKED = "Somebody else is changing the same object. Nothing was changed: try again in a moment."
_LOST = "Others changed the same objects at the same time. Nothing was changed: try again."


def contention(error: OperationalError) -> DomainError | None:
    """Translate a lock timeout, deadlock or serialisation failure; None for other errors.

    The database has then aborted the transaction.
    """
    match error.orig:
        case LockNotAvailable():
            return LockedError(_LOCKED, retry_after=1)
        case DeadlockDetected() | SerializationFailure():
            return TransactionLostError(_LOST, retry_after=1)
    return None
