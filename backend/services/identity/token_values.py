"""The values of mails about account tokens, including the tokens."""

from typing import Any
from uuid import UUID

from backend.core.scopes import SYSTEM
from backend.repositories.identity.unit import IdentityUnits
from backend.services.identity.account_tokens import AccountTokens
from backend.services.mail.links import MailLinks
from backend.services.mail.protocols import MailRefusedError


class TokenValues:
    """`MailSecrets` of account tokens."""

    def __init__(self, uow: IdentityUnits, tokens: AccountTokens, links: MailLinks) -> None:
        self._uow = uow
        self._tokens = tokens
        self._links = links

    async def reveal(self, token_id: UUID) -> dict[str, Any]:
        """Return the link, the token and its expiry.

        Raises:
            MailRefusedError: the token is no longer valid, or SECRET_KEY has changed.
        """
        async with self._uow.reading(SYSTEM) as uow:
            token = await uow.account_tokens.find(token_id)
        if token is None or not token.is_live:
            raise MailRefusedError("The link in it was revoked, used or has expired.")
        clear = self._tokens.reveal(token)
        return {
            "link": self._links.for_token(token.purpose, clear),
            "token": clear,
            "expires_at": token.expires_at,
        }
