"""Passwords are compared in one form, and hashed in turn."""

import threading
import unicodedata

import pytest
from pwdlib import PasswordHash

from backend.core.passwords import NOBODYS_HASH, PasswordHasher, normal_password
from tests.factories import PASSWORD, PASSWORD_HASH
from tests.fixtures.passwords import QUICK

NFC, NFD = (unicodedata.normalize(form, "Brücken über Flüsse") for form in ("NFC", "NFD"))


def as_typed(password: str) -> str:
    """The hash of an older version, which took passwords as they came."""
    return QUICK.hash(password)


async def test_hashes_are_as_strong_as_recommended(strong_passwords: None) -> None:
    hashed = await PasswordHasher().hash(PASSWORD)

    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert await PasswordHasher().verify(PASSWORD, hashed)


async def test_the_right_password_is_recognised() -> None:
    assert await PasswordHasher().verify(PASSWORD, PASSWORD_HASH)


async def test_a_wrong_password_is_refused() -> None:
    assert not await PasswordHasher().verify("wrong", PASSWORD_HASH)


async def test_nobody_has_the_password_that_stands_in_for_unknown_accounts() -> None:
    async with PasswordHasher().turn("somebody") as turn:
        assert not (await turn.compare(PASSWORD, None)).is_right


def test_unknown_accounts_cost_what_others_do() -> None:
    argon2 = PasswordHash.recommended().current_hasher
    assert argon2.identify(NOBODYS_HASH)
    assert not argon2.check_needs_rehash(NOBODYS_HASH)


def test_a_start_hashes_nothing() -> None:
    before = set(threading.enumerate())

    PasswordHasher()

    assert set(threading.enumerate()) <= before


async def test_a_broken_hash_matches_nothing() -> None:
    assert not await PasswordHasher().verify(PASSWORD, "no hash at all")


async def test_one_password_has_two_hashes() -> None:
    hasher = PasswordHasher()

    assert await hasher.hash(PASSWORD) != await hasher.hash(PASSWORD)


@pytest.mark.parametrize(
    ("chosen", "typed"),
    [
        pytest.param(NFC, NFD, id="another keyboard"),
        pytest.param(NFD, NFC, id="the other way round"),
        pytest.param("\N{LATIN SMALL LIGATURE FI}nance 2026", "finance 2026", id="ligature"),
        pytest.param("\N{FULLWIDTH DIGIT ONE}" * 8, "1" * 8, id="full width"),
        pytest.param("no\N{NO-BREAK SPACE}break here", "no break here", id="space"),
    ],
)
async def test_a_password_may_be_written_in_another_form(chosen: str, typed: str) -> None:
    hasher = PasswordHasher()

    assert await hasher.verify(typed, await hasher.hash(chosen))


@pytest.mark.parametrize(
    ("hashed", "typed", "is_outdated"),
    [
        pytest.param(NFD, NFD, True, id="as it was typed"),
        pytest.param(NFD, NFC, True, id="typed in the normal form by now"),
        pytest.param(NFC, NFD, False, id="normal by chance"),
        pytest.param("ﬁnance 2026", "ﬁnance 2026", True, id="not the same under NFKC"),
        pytest.param(PASSWORD, PASSWORD, False, id="plain"),
    ],
)
async def test_hashes_of_an_older_version_still_match(
    hashed: str, typed: str, is_outdated: bool
) -> None:
    async with PasswordHasher().turn("somebody") as turn:
        compared = await turn.compare(typed, as_typed(hashed))

    assert (compared.is_right, compared.is_outdated) == (True, is_outdated)


async def test_letters_that_only_look_alike_differ() -> None:
    hasher = PasswordHasher()
    cyrillic = "p\N{CYRILLIC SMALL LETTER A}ssword 2026"

    assert not await hasher.verify(cyrillic, await hasher.hash("password 2026"))
    assert normal_password("Straße") != normal_password("Strasse")
