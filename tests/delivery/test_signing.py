"""Row 27 of the failure catalogue: the reference library accepts what we sign."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from standardwebhooks import Webhook, WebhookVerificationError

from delivery.signing import SigningError, sign
from partners.outgoing.secrets import ended, new_secret, rotated

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
STAMP = int(NOW.timestamp())
ID = "0193600a-7d2f-7000-8000-000000000001"
BODY = '{"name":"Zoë","n":1.0}'.encode()


def test_check_value_of_the_specification() -> None:
    signature = sign(
        [{"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "until": None}],
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def accepted(secret: str, signature: str, *, stamp: int = STAMP, body: bytes = BODY) -> bool:
    headers = {"webhook-id": ID, "webhook-timestamp": str(stamp), "webhook-signature": signature}
    try:
        Webhook(secret).verify(body.decode(), headers)
    except WebhookVerificationError:
        return False
    return True


@time_machine.travel(NOW, tick=False)
def test_reference_library_accepts() -> None:
    secret = new_secret()
    assert accepted(secret, sign([{"secret": secret, "until": None}], ID, STAMP, BODY))


@time_machine.travel(NOW, tick=False)
def test_reference_library_refuses_what_was_changed() -> None:
    secret = new_secret()
    signature = sign([{"secret": secret, "until": None}], ID, STAMP, BODY)
    assert not accepted(secret, signature, body=BODY + b" ")
    assert not accepted(secret, signature, stamp=STAMP + 1)
    assert not accepted(new_secret(), signature)


@time_machine.travel(NOW, tick=False)
def test_both_secrets_are_accepted_during_a_rotation() -> None:
    old, new = new_secret(), new_secret()
    signature = sign(rotated([{"secret": old, "until": None}], new, NOW), ID, STAMP, BODY)
    assert accepted(old, signature)
    assert accepted(new, signature)
    assert signature.split(" ")[0] == sign([{"secret": new, "until": None}], ID, STAMP, BODY)


@time_machine.travel(NOW, tick=False)
def test_reference_library_accepts_each_of_three_until_it_ends() -> None:
    first, second, third = new_secret(), new_secret(), new_secret()
    entries = rotated([{"secret": first, "until": None}], second, NOW - timedelta(hours=1))
    entries = rotated(entries, third, NOW)
    signature = sign(entries, ID, STAMP, BODY)
    assert [accepted(secret, signature) for secret in (first, second, third)] == [True] * 3
    entries[2] = ended(entries[2], NOW)
    signature = sign(entries, ID, STAMP, BODY)
    assert [accepted(secret, signature) for secret in (first, second, third)] == [False, True, True]


def test_old_secret_signs_no_more_after_a_day() -> None:
    old, new = new_secret(), new_secret()
    entries = rotated([{"secret": old, "until": None}], new, NOW)
    day = timedelta(days=1)
    assert len(sign(entries, ID, int((NOW + day).timestamp()) - 1, BODY).split(" ")) == 2
    assert len(sign(entries, ID, int((NOW + day).timestamp()), BODY).split(" ")) == 1


@time_machine.travel(NOW, tick=False)
def test_retry_has_a_signature_of_its_own() -> None:
    secret = new_secret()
    entries = [{"secret": secret, "until": None}]
    first, second = sign(entries, ID, STAMP - 5, BODY), sign(entries, ID, STAMP, BODY)
    assert first != second
    assert accepted(secret, second)
    assert accepted(secret, first, stamp=STAMP - 5)


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [{"secret": new_secret(), "until": "2026-11-24T12:00:00+00:00"}],
        [{"secret": "whsec_not base64", "until": None}],
    ],
)
def test_without_a_usable_secret_nothing_is_signed(entries: list[dict[str, str | None]]) -> None:
    with pytest.raises(SigningError) as caught:
        sign(entries, ID, STAMP, BODY)
    assert "whsec" not in str(caught.value)


def test_secret_without_prefix_is_the_same_secret() -> None:
    key = base64.b64encode(b"k" * 32).decode()
    assert sign([{"secret": key}], ID, STAMP, BODY) == sign([{"secret": f"whsec_{key}"}], ID, STAMP, BODY)
