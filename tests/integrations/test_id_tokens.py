"""ID tokens: what makes one somebody else's, stale, or forged."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey

from domain.identity_providers import ProviderRefusedError, VouchedPerson
from integrations.id_tokens import read_id_token
from integrations.openid_presets import Provider
from models import SocialProvider

NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
PROVIDER = Provider(SocialProvider.OPENID, "Mock", "https://id.example", "shop", "secret")
KEY, FOREIGN = [ECKey.generate_key("P-256", auto_kid=True) for _ in range(2)]
PUBLISHED: Any = KeySet([KEY]).as_dict(private=False)
NOTHING: Mapping[str, object] = MappingProxyType({})
CLAIMS: Mapping[str, object] = MappingProxyType(
    {
        "iss": "https://id.example",
        "aud": "shop",
        "sub": "1",
        "nonce": "once",
        "exp": int(NOW.timestamp()) + 300,
        "email": "selam@example.com",
        "email_verified": True,
    }
)


def read(token: str) -> VouchedPerson:
    return read_id_token(PROVIDER, token, PUBLISHED, "once", NOW)


def written(changes: Mapping[str, object] = NOTHING, key: ECKey = KEY) -> str:
    return jwt.encode({"alg": "ES256", "kid": KEY.kid}, {**CLAIMS, **changes}, key, ["ES256"])


@pytest.mark.parametrize(
    "changes", [{}, {"aud": ["shop"]}, {"aud": ["shop", "other"], "azp": "shop"}, {"email_verified": "true"}]
)
def test_token_for_us_tells_of_its_person(changes: dict[str, object]) -> None:
    person = read(written(changes))
    assert (person.subject, person.email, person.is_email_verified) == ("1", "selam@example.com", True)


@pytest.mark.parametrize("claimed", [False, "false", None, 1, ["true"], {"true": 1}])
def test_address_is_verified_only_if_the_provider_says_so(claimed: object) -> None:
    assert not read(written({"email_verified": claimed})).is_email_verified


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://id.example.evil"},
        {"aud": "other"},
        {"aud": ["shop", "other"]},
        {"azp": "other"},
        {"nonce": "twice"},
        {"exp": int(NOW.timestamp()) - 61},
        {"sub": ""},
        {"sub": 1},
    ],
)
def test_token_for_others_or_of_another_time_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ProviderRefusedError):
        read(written(changes))


def test_token_that_the_provider_did_not_sign_is_refused() -> None:
    everybody_knows = OctKey.import_key(str(KEY.as_dict(private=False)["x"]))
    by_secret = jwt.encode({"alg": "HS256", "kid": KEY.kid}, dict(CLAIMS), everybody_knows, ["HS256"])
    unsigned = f"eyJhbGciOiJub25lIn0.{written().split('.')[1]}."

    for forged in (written(key=FOREIGN), by_secret, unsigned, "", "a.b.c"):
        with pytest.raises(ProviderRefusedError):
            read(forged)
