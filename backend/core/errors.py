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


class AuthenticationError(DomainError):
    """Nobody is signed in, or the credentials do not hold."""


class PermissionDeniedError(DomainError):
    """The caller is known and may not do this."""


class InvalidCursorError(DomainError):
    """A cursor that this list never gave out, or gave out for another sort."""


class InvalidInputError(DomainError):
    """One field has a value that only the database or another row could rule out."""

    def __init__(self, field: str, detail: str, kind: str = "invalid_value") -> None:
        super().__init__(detail)
        self.field = field
        self.kind = kind


def unknown_reference(field: str, kind: str) -> InvalidInputError:
    return InvalidInputError(field, f"There is no {kind} with this id.", "unknown_reference")


class RateLimitedError(DomainError):
    """Too many attempts. `retry_after` is in whole seconds, at least 1."""

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = max(1, retry_after)
