"""What the database refuses, in a line for the operator."""

import psycopg
from psycopg.errors import (
    DuplicateFunction,
    DuplicateTable,
    InsufficientPrivilege,
    ReadOnlySqlTransaction,
)
from sqlalchemy.exc import DBAPIError


def why_refused(error: psycopg.Error | DBAPIError) -> str | None:
    """Return why the database did not do it, with the remedy; None for a mistake in the program."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, psycopg.Error):
        return None
    told = cause.diag.message_primary or str(cause).strip().partition("\n")[0]
    match cause:
        case InsufficientPrivilege():
            return (
                "DATABASE_URL, or DATABASE_OWNER_URL where it is set: its user may not do this: "
                f"{told}"
            )
        case ReadOnlySqlTransaction():
            return (
                f"DATABASE_URL: the database can only be read ({told}); name the server that takes "
                "writes, or find out why it takes none, such as a full disk"
            )
        case DuplicateTable() | DuplicateFunction():
            return (
                f"DATABASE_URL: the database has something that migrations would create ({told}); "
                "name an empty database, or one that only this program uses"
            )
        case psycopg.OperationalError():
            return f"DATABASE_URL: the database did not do it ({told}); try again"
    return None
