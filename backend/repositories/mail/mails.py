from typing import Protocol

from backend.models.mail.mails import Mail
from backend.repositories.platform.base import Repository


class MailRepository(Repository[Mail], Protocol):
    """Mails that were queued; `add_missing` passes over one whose `dedup_key` is there already."""
