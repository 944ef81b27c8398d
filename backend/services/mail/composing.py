import asyncio
from typing import Any
from uuid import UUID

from backend.models.mail.mails import Mail
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.identity.account_tokens import AccountTokens
from backend.services.mail.links import MailLinks
from backend.services.mail.protocols import MailContent, MailRefusedError, MailTemplates


class MailWriter:
    """Writes out what a queued mail says, the secrets that its row does not hold included."""

    def __init__(
        self,
        uow: UnitOfWorkFactory,
        templates: MailTemplates,
        tokens: AccountTokens,
        links: MailLinks,
    ) -> None:
        self._uow = uow
        self._templates = templates
        self._tokens = tokens
        self._links = links

    async def write(self, mail: Mail) -> MailContent:
        """The same at each attempt.

        Raises:
            MailRefusedError: the token that it carries holds no longer.
        """
        values = mail.payload | await self._made_values(mail)
        # The first of a kind compiles its templates.
        return await asyncio.to_thread(self._templates.render, mail.kind, values)

    async def _made_values(self, mail: Mail) -> dict[str, Any]:
        payload = mail.payload
        if "token_id" in payload:
            return await self._token_values(UUID(payload["token_id"]))
        link = payload.get("link")
        return {"link": link and self._links.for_page(link)}

    async def _token_values(self, token_id: UUID) -> dict[str, Any]:
        async with self._uow.reading() as uow:
            token = await uow.account_tokens.find(token_id)
        if token is None or not token.is_live:
            raise MailRefusedError("The link in it was taken back, used or has expired.")
        clear = self._tokens.reveal(token)
        return {
            "link": self._links.for_token(token.purpose, clear),
            "token": clear,
            "expires_at": token.expires_at,
        }
