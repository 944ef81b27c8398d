from datetime import UTC, datetime
from uuid import uuid4

import pyotp
import pytest
from pydantic import SecretStr

from backend.core.config import SecuritySettings
from backend.core.one_time_codes import (
    is_of_app,
    new_recovery_code,
    new_secret,
    normal_code,
    recovery_hash,
    setup_uri,
    step_of,
)
from backend.core.sealing import SealBrokenError, Sealer

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
AT = datetime(2026, 6, 1, 12, 0, 15, tzinfo=UTC)
STEP = int(AT.timestamp()) // 30
OWNER = uuid4()


def sealer(secret_key: str = "a" * 40, purpose: str = "second factor") -> Sealer:
    return Sealer(SecuritySettings(secret_key=SecretStr(secret_key)), purpose)


@pytest.mark.parametrize("late_by", [-1, 0, 1])
def test_a_code_is_taken_one_step_early_or_late(late_by: int) -> None:
    code = pyotp.TOTP(SECRET).at(AT, counter_offset=late_by)

    assert step_of(SECRET, code, AT) == STEP + late_by


@pytest.mark.parametrize("late_by", [-2, 2])
def test_no_code_of_another_minute_is_taken(late_by: int) -> None:
    assert step_of(SECRET, pyotp.TOTP(SECRET).at(AT, counter_offset=late_by), AT) is None


@pytest.mark.parametrize("typed", ["123 456", " 123-456 ", "123\t456"])
def test_a_code_is_taken_as_people_group_it(typed: str) -> None:
    assert normal_code(typed) == "123456"
    assert is_of_app(normal_code(typed))


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "12345a", "\u0661\u0662\u0663\u0664\u0665\u0666"]
)
def test_what_is_no_code_of_an_app_is_none(code: str) -> None:
    assert not is_of_app(code)


def test_a_recovery_code_is_the_same_however_it_is_typed() -> None:
    code = new_recovery_code()

    assert recovery_hash(code.lower().replace("-", " ")) == recovery_hash(code)
    assert not is_of_app(normal_code(code))
    assert len({new_recovery_code() for _ in range(50)}) == 50


def test_an_app_reads_the_secret_and_whose_it_is() -> None:
    secret = new_secret()
    read = pyotp.parse_uri(setup_uri(secret, "ada@example.com"))

    assert (read.secret, read.name, read.issuer) == (secret, "ada@example.com", "MVP Backend")


def test_a_sealed_secret_is_opened_for_its_owner() -> None:
    sealed = sealer().seal(SECRET, OWNER)

    assert sealer().open(sealed, OWNER) == SECRET
    assert SECRET.encode() not in sealed
    assert sealer().seal(SECRET, OWNER) != sealed


def test_a_seal_breaks_for_everybody_else() -> None:
    sealed = sealer().seal(SECRET, OWNER)
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    tries = [
        (sealer(), sealed, uuid4()),
        (sealer("b" * 40), sealed, OWNER),
        (sealer(purpose="another"), sealed, OWNER),
        (sealer(), changed, OWNER),
        (sealer(), sealed[:5], OWNER),
        (sealer(), b"", OWNER),
    ]

    for by, content, owner in tries:
        with pytest.raises(SealBrokenError):
            by.open(content, owner)
