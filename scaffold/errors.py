"""Why a command changes nothing."""

from backend.core.errors import DomainError


class RefusedError(DomainError):
    """The message names what was given and the remedy."""
