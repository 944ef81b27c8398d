"""The password of the seeded users, hashed and compared."""

from backend.core.config import SEED_PASSWORD
from backend.core.passwords import PasswordHasher, normal_password

SEED_PASSWORD_HASH = (
    "$argon2id$v=19$m=65536,t=3,p=4"
    "$LN5gSzund8EL9TpXL1JdtQ$tycgaCnbWvRpADx2K+ReR0mNDza3JwdYlCW5U7Ajuz4"
)
"""The default password, which everybody knows.

A constant, as each start in development would hash it again to see whether it still holds.
"""


async def hash_seed_password(password: str, hasher: PasswordHasher) -> str:
    """Return the hash to store for the seeded users."""
    return SEED_PASSWORD_HASH if password == SEED_PASSWORD else await hasher.hash(password)


async def seed_password_holds(password: str, password_hash: str, hasher: PasswordHasher) -> bool:
    """Whether a seeded user with this hash has the password."""
    if password_hash == SEED_PASSWORD_HASH:
        return normal_password(password) == SEED_PASSWORD
    return await hasher.verify(password, password_hash)
