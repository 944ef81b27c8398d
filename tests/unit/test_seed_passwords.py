"""The default password of the seed costs no hash; any other is hashed and compared as all are."""

import pytest
from pwdlib import PasswordHash

from backend.core.config import SEED_PASSWORD
from backend.core.passwords import PasswordHasher, PasswordTurn
from backend.seeds.passwords import SEED_PASSWORD_HASH, hash_seed_password, seed_password_holds


@pytest.fixture
def hasher() -> PasswordHasher:
    return PasswordHasher()


@pytest.fixture
def no_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever hashes or compares by argon2 fails."""

    async def refuse(*_arguments: object) -> None:
        raise AssertionError("something was hashed")

    monkeypatch.setattr(PasswordTurn, "_in_thread", refuse)


async def test_the_constant_is_a_strong_hash_of_the_default_password(
    strong_passwords: None, hasher: PasswordHasher
) -> None:
    assert await hasher.verify(SEED_PASSWORD, SEED_PASSWORD_HASH)
    assert not PasswordHash.recommended().current_hasher.check_needs_rehash(SEED_PASSWORD_HASH)


async def test_the_default_password_is_never_hashed(
    no_hashing: None, hasher: PasswordHasher
) -> None:
    stored = await hash_seed_password(SEED_PASSWORD, hasher)

    assert await seed_password_holds(SEED_PASSWORD, stored, hasher)
    assert not await seed_password_holds("another password", stored, hasher)


async def test_another_password_is_hashed(hasher: PasswordHasher) -> None:
    stored = await hash_seed_password("another password", hasher)

    assert stored != SEED_PASSWORD_HASH
    assert await seed_password_holds("another password", stored, hasher)
    assert not await seed_password_holds(SEED_PASSWORD, stored, hasher)


async def test_the_default_password_is_found_under_another_hash(hasher: PasswordHasher) -> None:
    stored = await hasher.hash(SEED_PASSWORD)

    assert await seed_password_holds(SEED_PASSWORD, stored, hasher)
