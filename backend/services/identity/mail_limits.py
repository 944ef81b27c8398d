"""Limits for requesting mails to any address, so that no mailbox is flooded."""

from backend.core.addresses import network_of
from backend.core.config import SecuritySettings
from backend.models.identity.mail_limits import MailRequest
from backend.repositories.identity.unit import IdentityReading, IdentityUnit
from backend.services.identity.rate_windows import RateLimit, hashed


class MailRequestLimits:
    """Requests are counted exactly by account and by client network, across all processes.

    Unknown accounts count the same.
    """

    def __init__(self, settings: SecuritySettings) -> None:
        self._limit = RateLimit(
            settings.mail_requests_per_account,
            settings.mail_requests_per_address,
            settings.mail_request_window_minutes,
            "Too many mails were requested; look for those already sent, or wait.",
        )

    async def check(self, uow: IdentityReading, email: str, address: str | None) -> None:
        """Refuse early what `admit` would refuse, without counting. Raises RateLimitedError."""
        await self._limit.check(uow.mail_requests, _request(email, address))

    async def admit(self, uow: IdentityUnit, email: str, address: str | None) -> MailRequest:
        """Count a request, if the unit commits. Raises RateLimitedError."""
        request = _request(email, address)
        await self._count(uow, request)
        return request

    async def admit_answered(self, uow: IdentityUnit, email: str, address: str | None) -> None:
        """Like `admit`, if the mail is queued in the same unit."""
        request = await self.admit(uow, email, address)
        request.email = None
        await uow.mail_requests.save(request)

    async def admit_invitation(self, uow: IdentityUnit, email: str) -> None:
        """Like `admit_answered`, for an invitation, whoever sends it.

        Those are counted apart: nobody uses up the mails that the invited may ask for themselves.
        """
        invited = hashed(f"invitation of {email}")
        request = MailRequest(email=None, account_hash=invited, address_hash=invited)
        await self._count(uow, request)

    async def admit_answer(self, uow: IdentityUnit, email: str, address: str | None) -> None:
        """Count that a client learns whether there is an account, if the unit commits.

        No mail is sent, so none is taken from what the owner of the address may ask for.

        Raises RateLimitedError.
        """
        answered = hashed(f"answer about {email}")
        request = MailRequest(
            email=None, account_hash=answered, address_hash=hashed(network_of(address))
        )
        await self._count(uow, request)

    async def _count(self, uow: IdentityUnit, request: MailRequest) -> None:
        await uow.mail_requests.lock(request)
        await self._limit.check(uow.mail_requests, request)
        await uow.mail_requests.forget(before=self._limit.begins())
        await uow.mail_requests.save(request)


def _request(email: str, address: str | None) -> MailRequest:
    return MailRequest(
        email=email, account_hash=hashed(email), address_hash=hashed(network_of(address))
    )
