"""What every delivery method promises, whatever it is. A kind takes part through its Kit."""

import re
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from django.db.backends.utils import CursorWrapper

from delivery.channels import makers
from delivery.channels.base import ERROR_CLASSES, DeliveryError, Receipt, Temporary
from partners.kinds import KINDS
from partners.sheet import Ticks
from tests.contract.kinds import KITS
from tests.contract.kit import SECRET, TICKED, UNTICKED, Kit, deliver, rendered

SHOWN, HIDDEN = list(TICKED.values()), list(UNTICKED.values())


def _param(kit: type[Kit]) -> Any:
    """A kind that has no table of its own runs where no database can be reached."""
    return pytest.param(
        kit, marks=[pytest.mark.django_db(transaction=True)] if kit.tables else [], id=kit.key
    )


@pytest.fixture(params=map(_param, KITS.values()))
def kit(request: pytest.FixtureRequest) -> Iterator[Kit]:
    """Each kind's other side in turn."""
    with request.param() as made:
        yield made


@pytest.fixture(params=[_param(kit) for kit in KITS.values() if kit.refusable])
def refusing_kit(request: pytest.FixtureRequest) -> Iterator[Kit]:
    """Each kind whose other side can fail."""
    with request.param() as made:
        yield made


def refusal(kit: Kit) -> DeliveryError:
    """The error of a delivery that the other side refused for now."""
    parcel = kit.parcel()
    kit.refuse_for_now()
    with pytest.raises(DeliveryError) as caught:
        deliver(kit, parcel)
    return caught.value


def test_every_kind_takes_part() -> None:
    assert set(KITS) == set(KINDS) == set(makers())


def test_success_is_recognised(kit: Kit) -> None:
    (receipt,) = deliver(kit, kit.parcel())
    assert isinstance(receipt, Receipt)
    assert len(kit.arrived()) == 1


def test_only_what_is_ticked_leaves(kit: Kit) -> None:
    deliver(kit, kit.parcel())
    (text,) = kit.arrived()
    assert [value for value in HIDDEN if value in text] == []
    assert [value for value in SHOWN if value not in text] == ([] if kit.pushes else SHOWN)


def test_everything_leaves_where_everything_is_ticked(kit: Kit) -> None:
    deliver(kit, kit.parcel(Ticks()))
    (text,) = kit.arrived()
    assert [value for value in SHOWN + HIDDEN if value in text] == (SHOWN + HIDDEN if kit.pushes else [])


def test_nothing_ticked_is_still_a_delivery(kit: Kit) -> None:
    deliver(kit, kit.parcel(Ticks(everything=False)))
    (text,) = kit.arrived()
    assert [value for value in SHOWN + HIDDEN if value in text] == []


def test_same_parcel_gives_the_same_message(kit: Kit) -> None:
    parcel = kit.parcel()
    assert rendered(kit, parcel) == rendered(kit, parcel)


def test_failure_that_may_pass_is_temporary(refusing_kit: Kit) -> None:
    error = refusal(refusing_kit)
    assert isinstance(error, Temporary)
    assert error.error_class in ERROR_CLASSES
    assert error.text


def test_failure_that_passed_is_a_success(refusing_kit: Kit) -> None:
    refusal(refusing_kit)
    assert isinstance(deliver(refusing_kit, refusing_kit.parcel())[0], Receipt)


def ours(kit: Kit) -> list[str]:
    """All texts of ours that a success brings along."""
    parcel = kit.parcel()
    (receipt,) = deliver(kit, parcel)
    return [repr(parcel), repr(rendered(kit, parcel)), repr(receipt), receipt.note]


def assert_clean(texts: list[str]) -> None:
    """None of the texts holds a secret, or a value of the lead."""
    for text in texts:
        assert [value for value in (SECRET, *SHOWN, *HIDDEN) if value in text] == []


def test_texts_about_a_success_hold_no_secret_and_no_value(
    kit: Kit, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    assert_clean([*ours(kit), caplog.text])


def test_texts_about_a_failure_hold_no_secret_and_no_value(
    refusing_kit: Kit, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    error = refusal(refusing_kit)
    assert_clean([repr(error), error.text, "".join(traceback.format_exception(error)), caplog.text])


def test_message_holds_no_secret(kit: Kit) -> None:
    message = rendered(kit, kit.parcel())
    kept = [
        message.body.decode(),
        message.url,
        message.subject,
        str(dict(message.headers)),
        str(message.extra),
    ]
    assert [part for part in kept if SECRET in part] == []


def test_sending_touches_no_table_but_the_kinds_own(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    parcel = kit.parcel()
    seen: list[str] = []
    execute = CursorWrapper.execute

    def watched(self: Any, sql: str, params: Any = None) -> Any:
        seen.append(str(sql))
        return execute(self, sql, params)

    monkeypatch.setattr(CursorWrapper, "execute", watched)
    deliver(kit, parcel)
    monkeypatch.undo()
    touched = {name for sql in seen for name in re.findall(r'(?:FROM|INTO|UPDATE|JOIN) "(\w+)"', sql)}
    assert touched <= kit.tables


def test_sending_twice_with_one_id_is_one_message_to_the_other_side(kit: Kit) -> None:
    """At least once: the id that the other side sees, or keeps, is the same at every attempt."""
    parcel = kit.parcel()
    deliver(kit, parcel, parcel)
    assert len(set(kit.ids())) == 1
