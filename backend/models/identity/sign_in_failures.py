"""Failed sign-ins, stored as long as they count against an account or an address."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from backend.models.platform.mixins import Identified, now


class SignInFailure(Identified, table=True):
    """Both are hashes: people sometimes type a password into the address field."""

    __tablename__ = "sign_in_failures"
    __table_args__ = (
        Index(None, "account_hash", "failed_at"),
        Index(None, "address_hash", "failed_at"),
        Index(None, "failed_at"),
    )
    secrets = frozenset({"account_hash", "address_hash"})

    account_hash: str
    address_hash: str
    failed_at: datetime = Field(default_factory=now)
