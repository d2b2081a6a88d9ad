"""The vault: what is sealed opens in its place alone, keys change, and texts are found without being read."""

from base64 import b64encode
from dataclasses import replace
from uuid import UUID

import pytest

from domain.vault import Place, Vault, VaultError, VaultKey, parse_keys

OLD, NEW = VaultKey("2025", b"o" * 32), VaultKey("2026", b"n" * 32)
PLACE = Place("users", "encrypted_phone", UUID(int=1))
PHONE = "+251911000101"


def test_sealed_text_opens_in_its_place_alone() -> None:
    vault = Vault([NEW])

    sealed = vault.seal(PHONE, PLACE)

    assert vault.open(sealed, PLACE) == PHONE
    assert PHONE.encode() not in sealed
    assert sealed != vault.seal(PHONE, PLACE)
    for other in (replace(PLACE, row=UUID(int=2)), replace(PLACE, column="phone"), replace(PLACE, table="addresses")):
        with pytest.raises(VaultError):
            vault.open(sealed, other)


def test_changed_bytes_do_not_open() -> None:
    vault = Vault([NEW])
    sealed = vault.seal(PHONE, PLACE)

    for place in range(len(sealed)):
        with pytest.raises(VaultError):
            vault.open(sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :], PLACE)
        with pytest.raises(VaultError):
            vault.open(sealed[:place], PLACE)


def test_newest_key_seals_and_every_key_opens() -> None:
    sealed = Vault([OLD]).seal(PHONE, PLACE)
    both = Vault([NEW, OLD])

    assert both.open(sealed, PLACE) == PHONE
    resealed = both.reseal(sealed, PLACE)
    assert Vault([NEW]).open(resealed, PLACE) == PHONE
    assert both.reseal(resealed, PLACE) == resealed
    with pytest.raises(VaultError, match="2025 is not in ENCRYPTION_KEYS"):
        Vault([NEW]).open(sealed, PLACE)


def test_text_is_found_under_every_key() -> None:
    before = Vault([OLD]).index(PHONE, "users.phone")
    both = Vault([NEW, OLD])

    assert both.indexes(PHONE, "users.phone") == [both.index(PHONE, "users.phone"), before]
    assert both.index(PHONE, "users.phone") not in {before, both.index(PHONE, "addresses.phone")}
    assert len(before) == 32


@pytest.mark.parametrize(
    "text", ["2026", "2026:", "2026:short", f"two words:{b64encode(bytes(32)).decode()}", "2026:%%%%", ":", "é:AAAA"]
)
def test_keys_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(VaultError):
        parse_keys(text)


def test_keys_are_read_newest_first() -> None:
    text = f"2026:{b64encode(NEW.secret).decode()}, 2025:{b64encode(OLD.secret).decode()}"

    assert parse_keys(text) == [NEW, OLD]
    with pytest.raises(VaultError):
        Vault([])
    with pytest.raises(VaultError):
        Vault([NEW, replace(OLD, id="2026")])
