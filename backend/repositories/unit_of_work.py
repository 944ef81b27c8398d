"""One transaction and the repositories that work in it.

A unit is used once, by one coroutine, and stays open only while it talks to the database.
"""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from backend.repositories.customers import CustomerRepository
from backend.repositories.files import FileRepository
from backend.repositories.idempotency import IdempotencyRepository
from backend.repositories.leads import LeadRepository
from backend.repositories.modules import ModuleRepository
from backend.repositories.products import ProductRepository
from backend.repositories.search import SearchRepository
from backend.repositories.sessions import SessionRepository
from backend.repositories.sign_ins import SignInRepository
from backend.repositories.tasks import TaskRepository
from backend.repositories.users import UserRepository


class ReadingUnitOfWork(Protocol):
    """Single statements outside a transaction. Refuses to write."""

    @property
    def users(self) -> UserRepository: ...
    @property
    def sessions(self) -> SessionRepository: ...
    @property
    def sign_ins(self) -> SignInRepository: ...
    @property
    def customers(self) -> CustomerRepository: ...
    @property
    def leads(self) -> LeadRepository: ...
    @property
    def products(self) -> ProductRepository: ...
    @property
    def tasks(self) -> TaskRepository: ...
    @property
    def modules(self) -> ModuleRepository: ...
    @property
    def files(self) -> FileRepository: ...
    @property
    def search(self) -> SearchRepository: ...
    @property
    def idempotency(self) -> IdempotencyRepository: ...


class UnitOfWork(ReadingUnitOfWork, Protocol):
    """A transaction. What is not committed when the unit is left is rolled back."""

    async def commit(self) -> None: ...


class UnitOfWorkFactory(Protocol):
    """Makes a fresh unit at each call; units are neither nested nor shared."""

    def __call__(self) -> AbstractAsyncContextManager[UnitOfWork]: ...

    def reading(self) -> AbstractAsyncContextManager[ReadingUnitOfWork]: ...
