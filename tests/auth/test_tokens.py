"""Access tokens: what they say, and what is not taken for one."""

import base64
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from auth.signed_tokens import key_id
from auth.tokens import AccessClaims, AccessTokenExpiredError, AccessTokenInvalidError, AccessTokens
from models import Role
from tests.auth.accounts import NOW

KEY, OLD_KEY = "a new key of forty random letters or so.", "the old key of forty random letters also"
CLAIMS = AccessClaims(UUID(int=1), UUID(int=2), Role.EDITOR)
GOOD = {"iss": "merkato", "aud": "merkato-api", "sub": str(UUID(int=1)), "sid": str(UUID(int=2)), "role": "EDITOR"}
TIMES = {"nbf": int(NOW.timestamp()), "exp": int(NOW.timestamp()) + 600}
HEADER = {"alg": "HS256", "typ": "at+jwt", "kid": key_id(KEY)}


def written(header: dict[str, Any], claims: dict[str, Any], key: str = KEY) -> str:
    return jwt.encode(
        {**HEADER, **header}, {**GOOD, **TIMES, **claims}, OctKey.import_key(key.encode()), ["HS256", "HS384"]
    )


def test_token_says_who_brings_it_for_ten_minutes() -> None:
    tokens = AccessTokens([KEY])

    token = tokens.write(CLAIMS, NOW)

    assert token.expires_at == NOW + timedelta(minutes=10)
    assert tokens.read(token.text, NOW).claims == CLAIMS
    assert tokens.read(token.text, NOW + timedelta(minutes=10)).claims == CLAIMS, "clocks may be five seconds apart"
    with pytest.raises(AccessTokenExpiredError):
        tokens.read(token.text, NOW + timedelta(minutes=10, seconds=6))


def test_old_key_is_read_until_it_leaves_the_ring() -> None:
    token = AccessTokens([OLD_KEY]).write(CLAIMS, NOW)

    assert AccessTokens([KEY, OLD_KEY]).read(token.text, NOW).claims == CLAIMS
    with pytest.raises(AccessTokenInvalidError):
        AccessTokens([KEY]).read(token.text, NOW)


def unsigned() -> str:
    parts = [{**HEADER, "alg": "none"}, {**GOOD, **TIMES}]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return f"{encoded[0]}.{encoded[1]}."


@pytest.mark.parametrize(
    "token",
    [
        "",
        "nonsense",
        "a.b.c",
        "é.é.é",
        "x" * 10_000,
        unsigned(),
        written({"alg": "HS384"}, {}),
        written({"typ": "JWT"}, {}),
        written({"kid": "another"}, {}),
        written({}, {}, OLD_KEY),
        written({}, {"iss": "another"}),
        written({}, {"aud": "another"}),
        written({}, {"nbf": TIMES["nbf"] + 60}),
        written({}, {"exp": None}),
        written({}, {"exp": "soon"}),
        written({}, {"sub": "1"}),
        written({}, {"sub": 1}),
        written({}, {"sid": None}),
        written({}, {"role": "OWNER"}),
        written({}, {})[:-4] + "AAAA",
    ],
)
def test_whatever_was_not_written_by_us_is_refused(token: str) -> None:
    assert AccessTokens([KEY]).read(written({}, {}), NOW).claims == CLAIMS
    with pytest.raises(AccessTokenInvalidError):
        AccessTokens([KEY]).read(token, NOW)
