"""Passwords: compared in one form, and hashed in turn."""

import asyncio
import os
import unicodedata
from collections.abc import AsyncIterator, Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError

from backend.core.fair_queue import FairQueue
from backend.core.security import new_token

Result = TypeVar("Result")

_ARGON2 = PasswordHash.recommended()


@cache
def _nobodys_hash() -> str:
    """A hash that no password matches, made once in a process; unknown accounts are compared
    with it."""
    return _ARGON2.hash(new_token())


def normal_password(password: str) -> str:
    """NFKC: keyboards and systems write the same letters in more than one way."""
    return unicodedata.normalize("NFKC", password)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a password compares with a hash.

    Attributes:
        is_outdated: the hash is of another form of the password: hash it again.
    """

    is_right: bool
    is_outdated: bool = False


class PasswordTurn:
    """Hashes passwords while its client has the turn."""

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self._threads = threads

    async def hash(self, password: str) -> str:
        """The hash of a password, in its normal form."""
        return await self._in_thread(_ARGON2.hash, normal_password(password))

    async def compare(self, password: str, password_hash: str | None) -> Comparison:
        """Takes as long where there is no hash as where there is one."""
        return await self._in_thread(_compare, password, password_hash)

    async def _in_thread(self, function: Callable[..., Result], *arguments: Any) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)


class PasswordHasher:
    """argon2 in threads of its own: it takes 64 MiB, and about 0.1 s of four of them.

    Clients take turns, so that the guesses of one hold up nobody else.
    """

    def __init__(self) -> None:
        at_once = max(2, (os.cpu_count() or 1) // 2)
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="argon2")
        self._threads.submit(_nobodys_hash)
        # So that nobody waits for much longer than 20 seconds.
        self._queue = FairQueue(at_once, max_per_client=50 * at_once, max_waiting=200 * at_once)

    @asynccontextmanager
    async def turn(self, client: Hashable) -> AsyncIterator[PasswordTurn]:
        """Wait for a turn, and have it inside the block.

        What limits the client is to be checked there, before anything is hashed: it may be
        reached while the client waits. `client` is whatever its requests have in common, such
        as its network; None stands for this program itself.

        Raises:
            RateLimitedError: too many requests of the client wait.
            UnavailableError: too many of all wait.
        """
        async with self._queue.turn(client):
            yield PasswordTurn(self._threads)

    async def hash(self, password: str, client: Hashable = None) -> str:
        """A turn for one hash. Raises as `turn` does."""
        async with self.turn(client) as turn:
            return await turn.hash(password)

    async def verify(self, password: str, password_hash: str) -> bool:
        """A turn of this program itself for one comparison."""
        async with self.turn(None) as turn:
            return (await turn.compare(password, password_hash)).is_right


def _compare(password: str, password_hash: str | None) -> Comparison:
    normal = normal_password(password)
    for form in _forms(password):
        if _matches(form, password_hash or _nobodys_hash()):
            return Comparison(password_hash is not None, is_outdated=form != normal)
    return Comparison(is_right=False)


def _matches(form: str, password_hash: str) -> bool:
    try:
        return _ARGON2.verify(form, password_hash)
    except UnknownHashError:
        return False


def _forms(password: str) -> list[str]:
    """The ways to write a password that may have been hashed, the normal one first.

    The others are those of hashes from before passwords were normalised.
    """
    older = (unicodedata.normalize(form, password) for form in ("NFC", "NFD"))
    return list(dict.fromkeys([normal_password(password), password, *older]))
