"""Optimistic locking: which version of a row a change is meant for."""

from dataclasses import dataclass

from backend.core.errors import PreconditionFailedError


@dataclass(frozen=True, slots=True)
class Precondition:
    """The versions that the caller has seen and is ready to change; None stands for any.

    `only_weak` remembers that the caller has sent ETags which never match.
    """

    versions: frozenset[int] | None = None
    only_weak: bool = False

    def check(self, version: int) -> None:
        """Raises PreconditionFailedError unless the row's version is one of them."""
        if self.versions is not None and version not in self.versions:
            raise PreconditionFailedError(version, only_weak=self.only_weak)


ANY_VERSION = Precondition()
