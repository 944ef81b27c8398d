"""One transaction and the repositories that work in it.

A unit is used once, by one coroutine, and stays open only while it talks to the database.
"""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from backend.repositories.customers import CustomerRepository
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
    def tasks(self) -> TaskRepository: ...


class UnitOfWork(ReadingUnitOfWork, Protocol):
    """A transaction. What is not committed when the unit is left is rolled back."""

    async def commit(self) -> None: ...


class UnitOfWorkFactory(Protocol):
    """Makes a fresh unit at each call; units are neither nested nor shared."""

    def __call__(self) -> AbstractAsyncContextManager[UnitOfWork]: ...

    def reading(self) -> AbstractAsyncContextManager[ReadingUnitOfWork]: ...
