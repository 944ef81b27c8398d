"""The messages for violated constraints, declared beside the constraint.

As `info` of a unique constraint, a unique index, or the column of either or of a foreign key:
`Field(unique=True, sa_column_kwargs={"info": taken("...")})`.
"""

from typing import Any, Final

TAKEN: Final = "taken"
NEVER_TAKEN: Final = "never_taken"
EVERYWHERE: Final = "everywhere"
KEPT: Final = "kept"
REFERENCE: Final = "reference"


def taken(message: str) -> dict[Any, Any]:
    """Another row has the value that must be unique."""
    return {TAKEN: message}


def never_taken(reason: str, *, everywhere: bool = False) -> dict[Any, Any]:
    """The reason why no caller can violate the unique constraint.

    Args:
        everywhere: it holds over all organisations, not within each.
    """
    return {NEVER_TAKEN: reason} | ({EVERYWHERE: True} if everywhere else {})


def kept(message: str) -> dict[Any, Any]:
    """The message if the referred row is deleted while this row refers to it."""
    return {KEPT: message}


def reference(field: str, kind: str) -> dict[Any, Any]:
    """The field name in bodies and the word for a row, if they differ from column and table."""
    return {REFERENCE: (field, kind)}
