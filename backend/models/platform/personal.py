"""Which rows belong to one person, declared beside the column that names them.

Of tables that name a user, rows are personal if they go with the user (`ondelete="CASCADE"`), or if
the column says so: `Field(foreign_key="users.id", sa_column_kwargs={"info": personal()})`. What
belongs to such rows, by a key with `ondelete="CASCADE"`, is personal, too. All other rows are the
team's: they stay when an account is erased.
"""

from typing import Any, Final

PERSONAL: Final = "personal"


def personal(unless: tuple[str, ...] = ()) -> dict[Any, Any]:
    """`unless`: columns that make a row the team's if one of them is set."""
    return {PERSONAL: unless}
