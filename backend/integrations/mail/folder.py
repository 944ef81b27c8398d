"""Mails as files, for development: nothing leaves the machine."""

import asyncio
from pathlib import Path

from backend.core.logging import get_logger
from backend.integrations.mail.message import build_message
from backend.services.mail.protocols import MailUnavailableError, OutgoingMail

_log = get_logger(__name__)


class FolderMailer:
    """Writes each mail to an .eml file, and logs its name. A missing folder is created."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    async def send(self, mail: OutgoingMail) -> None:
        message = build_message(mail, self._sender)
        # Ids begin with the time, so that the folder sorts by it.
        path = self._folder / f"{mail.id}.eml"
        try:
            await asyncio.to_thread(self._write, path, bytes(message))
        except OSError as error:
            raise MailUnavailableError(f"Can't write {path}: {error.strerror}") from error
        _log.info("mail_written", file=str(path), subject=mail.content.subject)

    def _write(self, path: Path, content: bytes) -> None:
        # Only its owner may read the links. The file appears atomically.
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(content)
        unfinished.replace(path)
