"""The services of search."""

from backend.repositories.search.unit import SearchUnits
from backend.services.search.search import SearchService


class SearchServices:
    def __init__(self, uow: SearchUnits) -> None:
        self.search = SearchService(uow)
