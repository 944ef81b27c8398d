"""What may go wrong in the domain. How it looks over HTTP is decided in `api/errors.py` alone."""

from uuid import UUID


class DomainError(Exception):
    """Base of all errors that a caller can do something about. `detail` is written for them."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class NotFoundError(DomainError):
    """There is no such thing, or the caller may not know that there is."""

    @classmethod
    def of(cls, kind: str, row_id: UUID) -> "NotFoundError":
        return cls(f"There is no {kind} with the id {row_id}.")


class ConflictError(DomainError):
    """The request is sound, but the present state does not allow it."""


class StillRunningError(DomainError):
    """The same request came before, and has not come to its end."""


class PreconditionFailedError(DomainError):
    """The row has changed since the caller read it. `version` is the present one.

    `detail` says why else it could not be matched, where it was not a change by somebody else.
    """

    def __init__(self, version: int, detail: str | None = None) -> None:
        super().__init__(
            detail
            or f"It has changed since you read it, and is at version {version} now. "
            "Read it again, and send If-Match with the new ETag."
        )
        self.version = version


class PreconditionRequiredError(DomainError):
    """The settings demand that a change names the version that it is meant for."""


class AuthenticationError(DomainError):
    """Nobody is signed in, or the credentials do not hold."""


class PermissionDeniedError(DomainError):
    """The caller is known and may not do this."""


class InvalidCursorError(DomainError):
    """A cursor that this list never gave out, or gave out for another sort."""


class InvalidInputError(DomainError):
    """One field has a value that only the database or another row could rule out.

    `field` is its name; of one within another, the names with a dot between them.
    """

    def __init__(self, field: str, detail: str, kind: str = "invalid_value") -> None:
        super().__init__(detail)
        self.field = field
        self.kind = kind


def in_words(error: DomainError) -> str:
    """Its detail, with the field that it names, for where there is nothing but text."""
    if isinstance(error, InvalidInputError):
        return f"{error.field}: {error.detail}"
    return error.detail


class BulkRefusedError(DomainError):
    """Some of many changes were refused, by their place in the request, and so none was made."""

    def __init__(self, refused: "dict[int, DomainError]") -> None:
        super().__init__("Nothing was changed: `errors` names each change that was refused.")
        self.refused = refused


class KeyReusedError(InvalidInputError):
    """An idempotency key that belongs to another request."""


class QuotaReachedError(DomainError):
    """A person has uploaded as much as the settings allow."""


class TooLargeError(DomainError):
    """What was sent is larger than the settings allow."""


class UnsupportedTypeError(DomainError):
    """A file of a type that the settings do not allow."""


class UnavailableError(DomainError):
    """A part that is needed does not answer. `retry_after` is in seconds."""

    def __init__(self, detail: str, retry_after: int = 2) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class LockedError(UnavailableError):
    """Others have been changing the same rows for longer than is worth waiting."""


class TransactionLostError(UnavailableError):
    """The database gave the transaction up in favour of another; nothing of it was written."""


class ModelFailedError(DomainError):
    """A language model refused, or its provider answered what can't be used."""


class ModelUnavailableError(DomainError):
    """A language model can't be asked now. `retry_after` is in whole seconds, if it is known."""

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
        """Whether it is worth waiting for: what is at work holds what is left."""
        return self.retry_after is not None and self.retry_after <= _SOON_SECONDS
