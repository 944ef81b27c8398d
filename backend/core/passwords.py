"""Passwords: normalised, and hashed by a fair queue."""

import asyncio
import os
import unicodedata
from collections.abc import AsyncIterator, Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError

from backend.core.fair_queue import FairQueue

Result = TypeVar("Result")

_ARGON2 = PasswordHash.recommended()


NOBODYS_HASH = f"$argon2id$v=19$m=65536,t=3,p=4${'A' * 22}${'A' * 43}"
"""Passwords for unknown accounts are verified against it, at the cost of any other hash.

A constant, as computing one would cost each start a tenth of a second and 64 MiB.
"""

NO_PASSWORD = "!"
"""Instead of the hash of an account that nobody can sign in to."""


def normal_password(password: str) -> str:
    """Return the NFKC form: keyboards and systems encode the same letters in more than one way."""
    return unicodedata.normalize("NFKC", password)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result of comparing a password with a hash.

    Attributes:
        is_outdated: the hash is of another form of the password, which should be hashed again.
    """

    is_right: bool
    is_outdated: bool = False


class PasswordTurn:
    """Hashes passwords within one turn of the queue."""

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self._threads = threads

    async def hash(self, password: str) -> str:
        """Return the hash of a password in its normal form."""
        return await self._in_thread(_ARGON2.hash, normal_password(password))

    async def compare(self, password: str, password_hash: str | None) -> Comparison:
        """Takes the same time with and without a hash."""
        return await self._in_thread(_compare, password, password_hash)

    async def _in_thread(self, function: Callable[..., Result], *arguments: Any) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)


class PasswordHasher:
    """argon2 in its own threads: each hash takes 64 MiB, and about 0.1 s of four threads.

    Clients take turns, so that the guesses of one do not delay others.
    """

    def __init__(self) -> None:
        at_once = max(2, (os.cpu_count() or 1) // 2)
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="argon2")
        # So nobody waits for much longer than 20 seconds.
        self._queue = FairQueue(at_once, max_per_client=50 * at_once, max_waiting=200 * at_once)

    @asynccontextmanager
    async def turn(self, client: Hashable) -> AsyncIterator[PasswordTurn]:
        """Wait for a turn and hold it inside the block.

        Check the client's limits there, before anything is hashed: they may be reached while it
        waits. `client` identifies its requests, such as by its network; None is this program
        itself.

        Raises:
            RateLimitedError: too many requests of the client are waiting.
            UnavailableError: too many requests of all clients are waiting.
        """
        async with self._queue.turn(client):
            yield PasswordTurn(self._threads)

    async def hash(self, password: str, client: Hashable = None) -> str:
        """Hash one password in a turn. Raises as `turn` does."""
        async with self.turn(client) as turn:
            return await turn.hash(password)

    async def verify(self, password: str, password_hash: str) -> bool:
        """Compare one password in a turn of this program itself."""
        async with self.turn(None) as turn:
            return (await turn.compare(password, password_hash)).is_right


def _compare(password: str, password_hash: str | None) -> Comparison:
    normal = normal_password(password)
    for form in _forms(password):
        if _matches(form, password_hash or NOBODYS_HASH):
            return Comparison(password_hash is not None, is_outdated=form != normal)
    return Comparison(is_right=False)


def _matches(form: str, password_hash: str) -> bool:
    try:
        return _ARGON2.verify(form, password_hash)
    except UnknownHashError:
        return False


def _forms(password: str) -> list[str]:
    """The forms of a password that may have been hashed, the normal one first.

    The others are for hashes from before passwords were normalised.
    """
    older = (unicodedata.normalize(form, password) for form in ("NFC", "NFD"))
    return list(dict.fromkeys([normal_password(password), password, *older]))
