"""Every sealed value comes under the first key, whoever writes meanwhile."""

import ast
import io
import signal
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import BinaryField
from pytest_django import Settings

from delivery.models import Attempt, AttemptBody, BounceBox, BounceMail, SmtpAccount
from distribution.models import Lead
from leadflip.kit import clock, crypto, reseal
from leadflip.management.commands import reseal as command
from partners.models import DeliverySettings
from tests.architecture.project import ROOT
from tests.factories import DeliverySettingsFactory, JobFactory, LeadFactory, SmtpAccountFactory

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
# Binary columns that hold digests: nothing is to be opened there.
DIGESTS = {
    "ApiKey.digest",
    "Idempotency.body_digest",
    "Invitation.digest",
    "BounceBox.inlet_digest",
    "BounceMail.digest",
    "LeadKey.digest",
}
# Who seals, and where it stands. The last three keep it for minutes, outside of the tables.
SEALERS = {
    "partners/models/settings.py": "DeliverySettings.sealed",
    "distribution/models/lead.py": "Lead.sealed",
    "distribution/models/source.py": "ApiKey.sealed",
    "distribution/models/imports.py": "ImportChunk.sealed, sealed_refused",
    "delivery/models/password.py": "SmtpAccount.sealed, BounceBox.sealed",
    "delivery/models/bounce.py": "BounceMail.sealed, sealed_head",
    "delivery/engine/attempt.py": "AttemptBody.sealed",
    "partners/accounts/factor/adapter.py": "Authenticator.data, see factor/seals.py",
    "partners/accounts/factor/views.py": "the session",
    "leadflip/kit/once.py": "the session",
    "leadflip/kept.py": "the cache",
    "portal/filters.py": "an address",
}


def test_every_sealed_column_is_known() -> None:
    binary = {
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if isinstance(field, BinaryField)
    }
    found = {f"{column.model.__name__}.{column.name}" for column in reseal.columns()}
    assert found | DIGESTS == binary, "name a sealed column sealed…: else the command passes over it"


def test_nobody_seals_into_other_places() -> None:
    assert {path for path in _modules() if _seals(path)} == SEALERS.keys()


def _modules() -> list[str]:
    roots = ("leadflip", "partners", "portal", "delivery", "distribution")
    paths = [path.relative_to(ROOT).as_posix() for root in roots for path in (ROOT / root).rglob("*.py")]
    return [path for path in paths if path != "leadflip/kit/crypto.py"]


def _seals(path: str) -> bool:
    calls = (
        node.func for node in ast.walk(ast.parse((ROOT / path).read_text())) if isinstance(node, ast.Call)
    )
    return any(isinstance(func, ast.Attribute) and func.attr in ("seal", "seal_bytes") for func in calls)


@pytest.fixture
def sealed_by_old(settings: Settings, db: None) -> dict[str, Any]:
    """A row of each model, sealed by the old key; both keys are known now, the new one first."""
    settings.ENCRYPTION_KEYS = [OLD]
    lead = LeadFactory.create()
    lead.put_sealed({"iban": "DE02"}, {})
    lead.save()
    channel = DeliverySettingsFactory.create(secrets={"headers": {"X-Key": "k"}})
    account = SmtpAccountFactory.create()
    account.put_password("p")
    account.save()
    box = BounceBox.current()
    box.put_password("b")
    box.save()
    mail = BounceMail(received_at=clock.now(), inlet="http", kind="other", effect="unmatched", size=3)
    mail.digest = b"d" * 32
    mail.put(b"raw", {"from": "a@example.com"})
    mail.save()
    job = JobFactory.create()
    attempt = Attempt.objects.create(job=job, number=1, started_at=clock.now(), outcome="delivered")
    body = AttemptBody.objects.create(attempt=attempt, sealed=crypto.seal(f"attempt:{job.id}:1", {"n": 1}))
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    return {"lead": lead, "channel": channel, "mail": mail, "job": job, "body": body}


def test_everything_opens_with_the_new_key_alone(
    sealed_by_old: dict[str, Any], settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandError, match="Older keys are still needed"):
        call_command("reseal", check=True)
    assert "Left under older keys: 7" in capsys.readouterr().out
    call_command("reseal")
    told = capsys.readouterr().out
    assert "Sealed anew: 7" in told
    assert "Left under older keys: 0. Opened by no key: 0." in told
    settings.ENCRYPTION_KEYS = [NEW]
    lead = Lead.objects.get(pk=sealed_by_old["lead"].pk)
    assert lead.sealed is not None
    assert crypto.unseal(lead.owner, lead.sealed)["values"] == {"iban": "DE02"}
    assert lead.sealed_key == crypto.key_name()
    assert DeliverySettings.objects.get(pk=sealed_by_old["channel"].pk).secrets() == {
        "headers": {"X-Key": "k"}
    }
    assert SmtpAccount.objects.get().password() == "p"
    assert BounceBox.objects.get().password() == "b"
    mail = BounceMail.objects.get()
    assert (mail.raw(), mail.head()) == (b"raw", {"from": "a@example.com"})
    body = AttemptBody.objects.get()
    assert crypto.unseal(f"attempt:{sealed_by_old['job'].id}:1", body.sealed) == {"n": 1}


def test_second_run_changes_nothing(
    sealed_by_old: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("reseal")
    before = bytes(Lead.objects.get(pk=sealed_by_old["lead"].pk).sealed or b"")
    call_command("reseal")
    assert bytes(Lead.objects.get(pk=sealed_by_old["lead"].pk).sealed or b"") == before
    assert "Sealed anew: 0" in capsys.readouterr().out


def test_what_no_key_opens_is_told_by_its_owner(
    sealed_by_old: dict[str, Any], settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = LeadFactory.create()
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    lost.put_sealed({"iban": "DE02"}, {})
    lost.save()
    before = bytes(lost.sealed or b"")
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    with pytest.raises(CommandError, match="stay shut"):
        call_command("reseal")
    told = capsys.readouterr().out
    assert f"No key opens: distribution.Lead {lost.pk}, sealed" in told
    assert "Left under older keys: 0. Opened by no key: 1." in told
    assert bytes(Lead.objects.get(pk=lost.pk).sealed or b"") == before


def test_change_meanwhile_is_not_overwritten(sealed_by_old: dict[str, Any]) -> None:
    lead = sealed_by_old["lead"]
    [column] = [each for each in reseal.columns() if each.model is Lead]
    [read] = list(reseal.batches(column))
    lead.put_sealed({"iban": "FR76"}, {})
    lead.save()
    done = reseal.renew(column, read)
    assert (done.renewed, done.busy) == (0, [lead.pk])
    kept = Lead.objects.get(pk=lead.pk)
    assert kept.sealed is not None
    assert crypto.unseal(kept.owner, kept.sealed)["values"] == {"iban": "FR76"}


@pytest.mark.django_db(transaction=True)
def test_row_that_somebody_holds_is_not_waited_for(sealed_by_old: dict[str, Any]) -> None:
    [column] = [each for each in reseal.columns() if each.model is Lead]
    [read] = list(reseal.batches(column))
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT 1 FROM distribution_lead WHERE id = %s FOR UPDATE", [read[0][0]])
        assert reseal.renew(column, read).busy == [read[0][0]]
        other.rollback()
    finally:
        other.close()
    assert reseal.renew(column, read).renewed == 1


def test_batch_ends_where_it_would_be_too_large(
    sealed_by_old: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        lead = LeadFactory.create()
        lead.put_sealed({"iban": "DE02"}, {})
        lead.save()
    [column] = [each for each in reseal.columns() if each.model is Lead]
    monkeypatch.setattr(reseal, "BYTES", len(lead.sealed or b"") + 1)
    assert [len(rows) for rows in reseal.batches(column)] == [2, 2]


def test_signal_stops_between_two_batches(
    sealed_by_old: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Signalling(io.StringIO):
        """Whoever sits before it presses Ctrl+C at the first word."""

        def write(self, text: str) -> int:
            signal.raise_signal(signal.SIGINT)
            return super().write(text)

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(command, "TOLD_EVERY", 0)
    with pytest.raises(CommandError, match=r"Stopped after 1 .* start it again"):
        call_command("reseal", stdout=Signalling())
    assert signal.getsignal(signal.SIGINT) is before
    call_command("reseal")
