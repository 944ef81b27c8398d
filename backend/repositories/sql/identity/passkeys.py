from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from backend.models.identity.passkeys import Passkey, PasskeyQuery, UsedChallenge
from backend.models.platform.paging import Page
from backend.repositories.sql.platform.keyset import MOMENT, by_column
from backend.repositories.sql.platform.lists import SqlList


class SqlPasskeyRepository(SqlList[Passkey, PasskeyQuery]):
    model = Passkey
    kind = "passkey"
    sorts = {"created_at": by_column(Passkey.created_at, MOMENT)}

    async def find_by_credential(self, credential_id: bytes) -> Passkey | None:
        this_one = select(Passkey).where(Passkey.credential_id == credential_id)
        return (await self._session.exec(this_one)).one_or_none()

    async def owner_of(self, credential_id: bytes) -> UUID | None:
        owner = select(Passkey.user_id).where(Passkey.credential_id == credential_id)
        return (await self._session.exec(owner)).one_or_none()

    async def page_of(self, user_id: UUID, query: PasskeyQuery) -> Page[Passkey]:
        return await self._page(query, col(Passkey.user_id) == user_id)

    async def credentials_of(self, user_id: UUID) -> Sequence[bytes]:
        of_user = select(Passkey.credential_id).where(Passkey.user_id == user_id)
        return (await self._session.exec(of_user.order_by(col(Passkey.id)))).all()

    async def remove_of(self, user_id: UUID) -> list[Passkey]:
        removed = delete(Passkey).where(col(Passkey.user_id) == user_id).returning(Passkey)
        without_session = removed.execution_options(synchronize_session=False)
        return list((await self._session.exec(without_session)).scalars())

    async def use_challenge(self, challenge: UsedChallenge) -> bool:
        # A second caller waits for the first, and then adds nothing.
        values = {"id": challenge.id, "expires_at": challenge.expires_at}
        used = insert(UsedChallenge).values(values).on_conflict_do_nothing()
        added = await self._session.exec(used.returning(col(UsedChallenge.id)))
        return added.first() is not None
