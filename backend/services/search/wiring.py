"""The services of search."""

from dataclasses import dataclass
from typing import Self

from backend.repositories.search.unit import SearchUnits
from backend.services.search.search import SearchService


@dataclass(frozen=True)
class SearchServices:
    search: SearchService

    @classmethod
    def wire(cls, uow: SearchUnits) -> Self:
        return cls(search=SearchService(uow))
