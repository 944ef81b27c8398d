"""The errors of the domain. `api/errors.py` alone decides how they look over HTTP."""

from collections.abc import Mapping
from uuid import UUID


class DomainError(Exception):
    """Base of all errors that a caller can act on. `detail` is written for the caller."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class NotFoundError(DomainError):
    """It does not exist, or the caller may not know that it exists."""

    @classmethod
    def of(cls, kind: str, row_id: UUID) -> "NotFoundError":
        return cls(f"There is no {kind} with the id {row_id}.")


class ConflictError(DomainError):
    """The request is valid, but the current state does not allow it."""


class StillRunningError(DomainError):
    """The same request was sent before and is still running."""


class PreconditionFailedError(DomainError):
    """The row has changed since the caller read it. `version` is the current one.

    `detail` gives the reason where it was not a change by somebody else.
    """

    def __init__(self, version: int, detail: str | None = None) -> None:
        super().__init__(
            detail
            or f"It has changed since you read it and is now at version {version}. "
            "Read it again and send If-Match with the new ETag."
        )
        self.version = version


class PreconditionRequiredError(DomainError):
    """The settings require a change to name the version it is meant for."""


class AuthenticationError(DomainError):
    """Nobody is signed in, or the credentials are not valid."""


class SecondFactorNeededError(DomainError):
    """The password is right, but the account needs a second factor.

    Attributes:
        challenge: a secret, with which the sign-in goes on.
        needs_setup: the role requires a second factor, and the account has none yet.
        has_passkey: a passkey will do.
    """

    def __init__(self, challenge: str, *, needs_setup: bool, has_passkey: bool) -> None:
        answer = "what a passkey has signed, or a code," if has_passkey else "a code"
        step = "Set up a second factor" if needs_setup else f"Send {answer}"
        super().__init__(f"{step} with the challenge.")
        self.challenge = challenge
        self.needs_setup = needs_setup
        self.has_passkey = has_passkey


class PermissionDeniedError(DomainError):
    """The caller is known and may not do this."""


class InvalidCursorError(DomainError):
    """A cursor that this list did not issue, or issued for another sort."""


class InvalidInputError(DomainError):
    """One field has a value that only the database or another row could refuse.

    `field` is its name; a nested one is written with dots.
    """

    def __init__(self, field: str, detail: str, kind: str = "invalid_value") -> None:
        super().__init__(detail)
        self.field = field
        self.kind = kind


def in_words(error: DomainError) -> str:
    """Return the detail with the name of the field, where only text can be shown."""
    if isinstance(error, InvalidInputError):
        return f"{error.field}: {error.detail}"
    return error.detail


def fault_in_words(fault: Mapping[str, object]) -> str:
    """Return what is wrong with a field, of one of the errors of pydantic."""
    return str(fault["msg"]).removeprefix("Value error, ")


class BulkRefusedError(DomainError):
    """Some of many changes were refused, by their index in the request, so none was made."""

    def __init__(self, refused: "dict[int, DomainError]") -> None:
        super().__init__("Nothing was changed: `errors` names each change that was refused.")
        self.refused = refused


class KeyReusedError(InvalidInputError):
    """An idempotency key that belongs to another request."""


class QuotaReachedError(DomainError):
    """A person has uploaded as much as the settings allow."""


class TooLargeError(DomainError):
    """The content is larger than the settings allow."""


class UnsupportedTypeError(DomainError):
    """A file of a type that the settings do not allow."""


class UnavailableError(DomainError):
    """A required component does not answer. `retry_after` is in seconds."""

    def __init__(self, detail: str, retry_after: int = 2) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class LockedError(UnavailableError):
    """Other transactions have held locks on the same rows for too long."""


class TransactionLostError(UnavailableError):
    """The database aborted the transaction in favour of another; nothing was written."""


class ModelFailedError(DomainError):
    """A language model refused, or its provider's answer can't be used."""


class ModelBrokenOffError(ModelFailedError):
    """The connection was lost within the answer of a language model."""


class ModelUnavailableError(DomainError):
    """A language model is not available now. `retry_after` is in whole seconds, if known."""

    def __init__(self, detail: str, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class ModelTimeoutError(DomainError):
    """A language model did not answer in time."""


def unknown_reference(field: str, kind: str) -> InvalidInputError:
    return InvalidInputError(field, f"There is no {kind} with this id.", "unknown_reference")


class RateLimitedError(DomainError):
    """Too many attempts. `retry_after` is in whole seconds, at least 1."""

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = max(1, retry_after)


_SOON_SECONDS = 60


class LimitReachedError(DomainError):
    """The assistant has used what one request, or one person in a day, may use.

    `retry_after` is in whole seconds; None if the same request would reach the limit again.
    """

    def __init__(self, detail: str, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after

    @property
    def is_soon_over(self) -> bool:
        """Whether waiting helps: requests in progress have reserved what is left."""
        return self.retry_after is not None and self.retry_after <= _SOON_SECONDS
