import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from jose import jwt
from pydantic import SecretStr

from backend.core.config import SecuritySettings
from backend.core.errors import AuthenticationError
from backend.core.security import AccessClaims, AccessTokens, new_token, token_hash

SETTINGS = SecuritySettings(secret_key=SecretStr("the key of these tests, long enough"))
TOKENS = AccessTokens(SETTINGS)


def signed(*, key: str | None = None, algorithm: str = "HS256", **changes: Any) -> str:
    """A token like ours, but for the changes; a claim that is None is left out."""
    now = datetime.now(UTC)
    claims = {
        "sub": str(uuid4()),
        "sid": str(uuid4()),
        "iat": now,
        # Made when the tests are collected: each shall be refused for its own fault alone.
        "exp": now + timedelta(days=1),
        "iss": SETTINGS.token_issuer,
        "aud": SETTINGS.token_audience,
        "jti": "1",
        "kind": "access",
    } | changes
    present = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(present, key or SETTINGS.secret_key.get_secret_value(), algorithm=algorithm)


def unsigned() -> str:
    def part(content: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    claims = jwt.get_unverified_claims(signed())
    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}."


def test_a_token_that_we_signed_is_read_back() -> None:
    claims = AccessClaims(uuid4(), uuid4())

    assert TOKENS.read(TOKENS.sign(claims)) == claims


def test_a_token_holds_no_role() -> None:
    claims = jwt.get_unverified_claims(TOKENS.sign(AccessClaims(uuid4(), uuid4())))

    assert set(claims) == {"sub", "sid", "iat", "exp", "iss", "aud", "jti", "kind"}


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(signed(key="somebody else's key"), id="other key"),
        pytest.param(signed(algorithm="HS512"), id="other algorithm"),
        pytest.param(unsigned(), id="unsigned"),
        pytest.param(signed(exp=datetime.now(UTC) - timedelta(seconds=1)), id="expired"),
        pytest.param(signed(exp=None), id="never expires"),
        pytest.param(signed(iat=None), id="without time of issue"),
        pytest.param(signed(iss="somebody else"), id="other issuer"),
        pytest.param(signed(iss=None), id="no issuer"),
        pytest.param(signed(aud="something else"), id="other audience"),
        pytest.param(signed(aud=None), id="no audience"),
        pytest.param(signed(kind="refresh"), id="wrong kind"),
        pytest.param(signed(kind=None), id="no kind"),
        pytest.param(signed(sub="no uuid"), id="subject is no id"),
        pytest.param(signed(sub=None), id="no subject"),
        pytest.param(signed(sid=None), id="no session"),
        pytest.param(signed(sid=7), id="session is a number"),
        pytest.param(signed() + "x", id="tampered signature"),
        pytest.param("", id="empty"),
        pytest.param("not.a.token", id="garbage"),
        pytest.param("é" * 50, id="not ASCII"),
        pytest.param(f"{'W1tb' * 400}.e30.AAAA", id="deeply nested"),
        pytest.param(f"{'W1tb' * 4000}.e30.AAAA", id="too long"),
    ],
)
def test_any_other_token_is_refused(token: str) -> None:
    with pytest.raises(AuthenticationError):
        TOKENS.read(token)


def test_two_tokens_of_one_session_differ() -> None:
    claims = AccessClaims(uuid4(), uuid4())

    assert TOKENS.sign(claims) != TOKENS.sign(claims)


def test_random_tokens_differ_and_hash_the_same_each_time() -> None:
    token = new_token()

    assert token != new_token()
    assert token_hash(token) == token_hash(token) != token


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens that python-jose is asked about."""
    asked: list[str] = []
    decode = jwt.decode

    def note(token: str, *arguments: Any, **options: Any) -> Any:
        asked.append(token)
        return decode(token, *arguments, **options)

    monkeypatch.setattr("jose.jwt.decode", note)
    return asked


def test_a_token_is_verified_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens, claims = AccessTokens(SETTINGS), AccessClaims(uuid4(), uuid4())
    token = tokens.sign(claims)
    asked = counted(monkeypatch)

    assert [tokens.read(token) for _ in range(3)] == [claims] * 3

    assert asked == [token]


def test_a_token_that_was_verified_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = AccessTokens(SETTINGS)
    token = tokens.sign(AccessClaims(uuid4(), uuid4()))
    tokens.read(token)
    asked = counted(monkeypatch)
    later = datetime.now(UTC) + tokens.lifetime + timedelta(seconds=2)
    monkeypatch.setattr("backend.core.security.time", later.timestamp)

    tokens.read(token)

    # python-jose goes by the clock itself, which has not moved.
    assert asked == [token]


def test_no_more_tokens_are_remembered_than_there_is_room_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("backend.core.security._MAX_VERIFIED", 2)
    tokens = AccessTokens(SETTINGS)
    first, *others = (tokens.sign(AccessClaims(uuid4(), uuid4())) for _ in range(3))
    for token in (first, *others):
        tokens.read(token)
    asked = counted(monkeypatch)

    for token in (*others, first):
        tokens.read(token)

    assert asked == [first]


def test_a_token_that_is_refused_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = AccessTokens(SETTINGS)
    token = signed(key="somebody else's key")
    asked = counted(monkeypatch)

    for _ in range(2):
        with pytest.raises(AuthenticationError):
            tokens.read(token)

    assert asked == [token] * 2
