import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from backend.models.mail.mails import Mail
from backend.services.mail.links import MailLinks
from backend.services.mail.protocols import MailContent, MailSecrets, MailTemplates


class MailWriter:
    """Renders a queued mail, including the secrets that its row does not contain."""

    def __init__(self, templates: MailTemplates, secrets: MailSecrets, links: MailLinks) -> None:
        self._templates = templates
        self._secrets = secrets
        self._links = links

    async def write(self, mail: Mail) -> MailContent:
        """Return the same content at each attempt.

        Raises:
            MailRefusedError: its token is no longer valid.
        """
        values = mail.payload | dict(await self._made_values(mail))
        # The first mail of a kind compiles its templates.
        return await asyncio.to_thread(self._templates.render, mail.kind, values)

    async def _made_values(self, mail: Mail) -> Mapping[str, Any]:
        payload = mail.payload
        if "token_id" in payload:
            return await self._secrets.reveal(UUID(payload["token_id"]))
        link = payload.get("link")
        return {"link": link and self._links.for_page(link)}
