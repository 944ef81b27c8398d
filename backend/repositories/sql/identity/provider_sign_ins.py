from sqlalchemy import update
from sqlmodel import col

from backend.models.identity.provider_sign_ins import ProviderSignIn
from backend.models.platform.mixins import now
from backend.repositories.sql.platform.base import SqlRepository


class SqlProviderSignInRepository(SqlRepository[ProviderSignIn]):
    model = ProviderSignIn
    kind = "sign-in"

    async def use(self, code_hash: str, code_challenge: str) -> ProviderSignIn | None:
        this_one = (
            col(ProviderSignIn.code_hash) == code_hash,
            col(ProviderSignIn.code_challenge) == code_challenge,
        )
        live = (col(ProviderSignIn.used_at).is_(None), col(ProviderSignIn.expires_at) > now())
        # A second caller waits for the first, and then finds no live row.
        used = update(ProviderSignIn).where(*this_one, *live).values(used_at=now())
        return (await self._session.exec(used.returning(ProviderSignIn))).scalar_one_or_none()
