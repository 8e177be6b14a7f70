"""What is sealed opens for its owner alone, and under any of the keys."""

import base64
from collections.abc import Callable

import pytest
from cryptography.fernet import Fernet
from pytest_django import Settings

from leadflip.kit import crypto

OLD, NEW = (base64.urlsafe_b64encode(bytes([number]) * 32).decode() for number in (1, 2))
VALUE = {"iban": "DE02 1203 0000 0000 2020 51", "born": "1990-02-01"}


def test_equal_values_have_different_seals_and_hold_nothing_in_clear() -> None:
    first, second = crypto.seal("lead:1", VALUE), crypto.seal("lead:1", VALUE)
    assert first != second
    assert b"2020" not in first
    assert crypto.unseal("lead:1", first) == crypto.unseal("lead:1", second) == VALUE


def test_another_owner_does_not_open_it() -> None:
    with pytest.raises(crypto.SealError, match="does not belong to lead:2"):
        crypto.unseal("lead:2", crypto.seal("lead:1", VALUE))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda sealed: sealed[:-1] + bytes([sealed[-1] ^ 1]),
        lambda sealed: sealed[:1] + bytes([sealed[1] ^ 1]) + sealed[2:],
        lambda sealed: sealed[:20],
        lambda sealed: sealed[:1],
        lambda sealed: b"\x03" + sealed[1:],
        lambda sealed: b"",
    ],
    ids=["last bit", "nonce", "cut", "form alone", "unknown form", "empty"],
)
def test_what_was_changed_does_not_open(spoil: Callable[[bytes], bytes]) -> None:
    sealed = spoil(crypto.seal("lead:1", VALUE))
    with pytest.raises(crypto.SealError, match="No key in ENCRYPTION_KEYS opens"):
        crypto.unseal("lead:1", sealed)
    with pytest.raises(crypto.SealError):
        crypto.renewed(sealed)


def test_older_key_opens_until_it_is_gone(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    sealed = crypto.seal("lead:1", VALUE)
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert crypto.unseal("lead:1", sealed) == VALUE
    again = crypto.renewed(sealed)
    assert again is not None
    settings.ENCRYPTION_KEYS = [NEW]
    assert crypto.unseal("lead:1", again) == VALUE
    assert crypto.renewed(again) is None
    with pytest.raises(crypto.SealError):
        crypto.unseal("lead:1", sealed)


def test_earlier_form_opens_and_is_renewed(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    earlier = Fernet(OLD).encrypt(b'\x06lead:1{"n":1}')
    assert crypto.unseal("lead:1", earlier) == {"n": 1}
    again = crypto.renewed(earlier)
    assert again is not None
    assert again[:1] == crypto.FORM
    assert crypto.unseal("lead:1", again) == {"n": 1}
