from uuid import UUID

from sqlalchemy import ColumnElement, update
from sqlmodel import col, select

from backend.models.identity.account_tokens import AccountToken, TokenPurpose
from backend.models.platform.mixins import now
from backend.repositories.sql.platform.base import SqlRepository


class SqlAccountTokenRepository(SqlRepository[AccountToken]):
    model = AccountToken
    kind = "token"

    async def find_live(self, purpose: TokenPurpose, token_hash: str) -> AccountToken | None:
        this_one = (AccountToken.purpose == purpose, AccountToken.token_hash == token_hash)
        found = await self._session.exec(select(AccountToken).where(*this_one, *_live()))
        return found.one_or_none()

    async def use(self, token_id: UUID) -> bool:
        return await self._use(col(AccountToken.id) == token_id)

    async def take_back_of_user(self, purpose: TokenPurpose, user_id: UUID) -> None:
        await self._use(col(AccountToken.user_id) == user_id, col(AccountToken.purpose) == purpose)

    async def take_back_of_invitation(self, invitation_id: UUID) -> None:
        await self._use(col(AccountToken.invitation_id) == invitation_id)

    async def _use(self, *which: ColumnElement[bool]) -> bool:
        # A second caller waits for the first, and then finds no live row.
        used = update(AccountToken).where(*which, *_live()).values(used_at=now())
        without_session = used.execution_options(synchronize_session=False)
        return (await self._session.exec(without_session)).rowcount > 0


def _live() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(AccountToken.used_at).is_(None), col(AccountToken.expires_at) > now()
