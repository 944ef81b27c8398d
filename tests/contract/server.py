"""`mvp` with passwords that cost next to nothing, for hundreds of examples that have one."""

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from backend.cli import main

_CHEAP = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))

if __name__ == "__main__":
    PasswordHash.recommended = lambda: _CHEAP  # type: ignore[method-assign]
    main()
