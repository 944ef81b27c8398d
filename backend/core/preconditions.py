"""Optimistic locking: which version of a row a change is meant for."""

from dataclasses import dataclass

from backend.core.errors import PreconditionFailedError


@dataclass(frozen=True, slots=True)
class Precondition:
    """The versions that the caller is willing to change; None stands for any.

    `never_matches` is the reason if the caller named nothing that could be a version.
    """

    versions: frozenset[int] | None = None
    never_matches: str | None = None

    def check(self, version: int) -> None:
        """Raises PreconditionFailedError unless the row's version is one of them."""
        if self.versions is not None and version not in self.versions:
            raise PreconditionFailedError(version, self.never_matches)


ANY_VERSION = Precondition()
