"""Whose rows a unit of work sees, and which organisation a row is of."""

from typing import Any, cast
from uuid import UUID

from sqlalchemy import select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.scopes import Scope
from backend.models.platform.organisations import (
    ORGANISATION_COLUMN,
    ActingIn,
    OfOrganisation,
    table_of,
)
from backend.repositories.sql.platform.reading import Reader
from backend.repositories.sql.platform.writing import Writer

Divided = type[OfOrganisation] | type[ActingIn]


def scope_of(session: AsyncSession) -> Scope | None:
    """None where there is one organisation. The session is that of a unit of work."""
    return cast(Reader | Writer, session).scope


def organisation_column(model: Divided) -> Any:
    return table_of(model).c[ORGANISATION_COLUMN]


async def organisation_of(writer: Writer, model: Divided, row_id: UUID) -> UUID:
    column = organisation_column(model)
    connection = await writer.connection()
    found = await connection.execute(select(column).where(column.table.c.id == row_id))
    organisation_id: UUID = found.scalar_one()
    return organisation_id
