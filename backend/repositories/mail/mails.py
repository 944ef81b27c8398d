from typing import Protocol

from backend.models.mail.mails import Mail
from backend.repositories.platform.base import Repository


class MailRepository(Repository[Mail], Protocol):
    """Queued mails; `add_missing` skips a mail whose `dedup_key` exists."""
