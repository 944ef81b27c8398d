"""Counts the outcomes of the rows of an import."""

from collections.abc import Iterable
from heapq import nsmallest

from pydantic import BaseModel

from backend.models.exchange.imports import MAX_ERRORS, RowError


class Tally(BaseModel):
    """Counts rows by outcome. Stores the errors of the first rows, and counts them all."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    errors: list[RowError] = []
    error_count: int = 0

    @property
    def rows(self) -> int:
        return self.created + self.updated + self.unchanged + self.failed

    def fail(self, errors: Iterable[RowError]) -> None:
        """Count a row with these errors."""
        self.failed += 1
        for error in errors:
            self.error_count += 1
            if len(self.errors) < MAX_ERRORS:
                self.errors.append(error)

    def add(self, other: "Tally") -> None:
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.failed += other.failed
        self.error_count += other.error_count
        both = [*self.errors, *other.errors]
        self.errors = nsmallest(MAX_ERRORS, both, key=lambda error: error.row)
