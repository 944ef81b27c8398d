"""Requests for mails, stored as long as they count against the limits."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from backend.models.platform.mixins import Identified, now


class MailRequest(Identified, table=True):
    """`email` is stored until the request is processed; the limits use the hashes."""

    __tablename__ = "mail_requests"
    __table_args__ = (
        Index(None, "account_hash", "requested_at"),
        Index(None, "address_hash", "requested_at"),
        Index(None, "requested_at"),
    )
    secrets = frozenset({"account_hash", "address_hash"})

    email: str | None
    account_hash: str
    address_hash: str
    requested_at: datetime = Field(default_factory=now)
