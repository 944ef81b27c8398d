"""The connections of a process as one scope sees them, where there are many organisations.

PostgreSQL keeps their rows apart: its policies compare each row with a setting, which is set for
one transaction, and nothing is visible while it is not. So no statement can forget it, and no
connection keeps it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import Session
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.round_trips import Before
from backend.core.scopes import NO_ORGANISATION, SYSTEM, Scope
from backend.core.statements import Statements

ORGANISATION_SETTING: Final = "mvp.organisation"
EVERYTHING_ROLE: Final = "mvp_everything"
"""A role for which all rows are visible. The program takes it for the scope `SYSTEM` alone."""

POLICY: Final = "of_organisation"
"""The name of the policy of each table whose rows are kept apart."""

PROGRAM_ROLE: Final = "mvp_program"
"""The role of the program in the embedded server."""

_ENTER = f"SELECT set_config('{ORGANISATION_SETTING}', %(organisation)s, true)"
_ENTER_ALL = f"{_ENTER}, set_config('role', '{EVERYTHING_ROLE}', true)"
_GO_ON = f"{_ENTER}, set_config('role', 'none', true)"
_SCOPE = "scope"


class ReadingSession(Session):
    """A session that refuses to write: on an autocommit connection nothing could be rolled back."""

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        if self.new or self.deleted or any(self.is_modified(row) for row in self.dirty):
            raise RuntimeError("a reading unit of work can't write; open one with uow(by)")
        super().flush(objects)


class ScopedStatements:
    """`Statements`, each in a transaction that sees what the scope may."""

    def __init__(self, statements: Statements, scope: Scope) -> None:
        self._statements = statements
        self._before = _as_sent(*entering(scope))

    async def run(
        self, sql: str, parameters: Mapping[str, Any], *, prepare: bool | None = None
    ) -> list[tuple[Any, ...]]:
        """Like `Statements.run`."""
        return await self._statements.run(sql, parameters, prepare=prepare, before=self._before)


class ScopedDatabase:
    """`Database` for the units of work of one scope.

    Attributes:
        engine: for its dialect.
        scope: whose rows they see.
    """

    def __init__(
        self, engine: AsyncEngine, transactions: AsyncEngine, statements: Statements, scope: Scope
    ) -> None:
        self.engine = engine
        self.statements = ScopedStatements(statements, scope)
        self.scope = scope
        self._transactions = transactions

    def writing_session(self) -> AsyncSession:
        return self._session(_ScopedSession)

    def reading_session(self) -> AsyncSession:
        """Its statements share a transaction: without one, the setting would not last."""
        return self._session(_ScopedReadingSession, autoflush=False)

    def _session(self, kind: type[Session], **options: Any) -> AsyncSession:
        return AsyncSession(
            self._transactions,
            sync_session_class=kind,
            expire_on_commit=False,
            info={_SCOPE: self.scope},
            **options,
        )


class _ScopedSession(Session):
    """Enters its scope in each transaction."""


class _ScopedReadingSession(ReadingSession):
    """Like `_ScopedSession`, for reading."""


Entering = tuple[str, Mapping[str, str]]
"""A statement with its parameters, as SQLAlchemy takes them."""


def entering(scope: Scope) -> Entering:
    """Return the statement that enters a scope for the rest of the transaction."""
    enter = _ENTER_ALL if scope is SYSTEM else _ENTER
    return enter, {"organisation": str(scope.organisation_id or NO_ORGANISATION)}


def _as_sent(sql: str, values: Mapping[str, str]) -> Before:
    return sql.replace("%(organisation)s", "$1").encode(), [values["organisation"].encode()]


def going_on_within(organisation_id: UUID) -> Entering:
    """Return the statement by which a transaction of the system goes on for an organisation."""
    return _GO_ON, {"organisation": str(organisation_id)}


def _enter(session: Session, _transaction: object, connection: Any) -> None:
    connection.exec_driver_sql(*entering(session.info[_SCOPE]))


for _kind in (_ScopedSession, _ScopedReadingSession):
    event.listen(_kind, "after_begin", _enter)
