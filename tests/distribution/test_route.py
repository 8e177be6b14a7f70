"""Routing reconciles: each profile decides once, and what fails leaves a lead that waits."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from delivery.models import Job
from distribution.models import Assignment, Decision, Entity, Lead, Profile, ProfileVersion
from distribution.routing.route import route
from distribution.services import save_profile
from partners.models import Revision
from partners.services import touch
from tests import factories as f
from tests.distribution.conftest import changed


@pytest.fixture
def lead(entity: Entity) -> Lead:
    return f.LeadFactory.create(entity=entity, waiting=True, values={"name": "Ana"})


def again(lead: Lead) -> Lead:
    """Routes the lead as it stands in the database, and returns it as it stands then."""
    route([Lead.objects.get(id=lead.pk)])
    return Lead.objects.get(id=lead.pk)


def in_force(entity: Entity, *assignments: dict[str, object], **fields: object) -> Profile:
    profile = f.ProfileFactory.create(entity=entity, **fields)
    for assignment in assignments:
        f.AssignmentFactory.create(profile=profile, **assignment)
    save_profile(profile=profile, by=None)
    return profile


def test_route_writes_decision_and_job(lead: Lead, profile: Profile) -> None:
    assert again(lead).routing == "routed"
    assignment = profile.assignments.get()
    decision = Decision.objects.get(lead=lead)
    assert (decision.profile, decision.version, decision.seq) == (profile, 1, 1)
    assert decision.revision == Revision.current()
    assert decision.verdicts == [["chosen"]]
    job = Job.objects.get(lead=lead)
    assert (job.assignment, job.partner, job.settings) == (
        assignment,
        assignment.partner,
        assignment.settings,
    )
    assert (job.kind, job.price, job.currency, job.profile_version) == ("webhook", Decimal("12.5"), "EUR", 1)
    assert job.next_attempt_at is not None


def test_route_clears_the_mark_of_waiting(lead: Lead, profile: Profile) -> None:
    Lead.objects.update(routing_tries=3, routing_error="Routing stopped.")
    lead = again(lead)
    assert (lead.routing_due, lead.routing_tries, lead.routing_error) == (None, 0, "")


def test_route_all_enabled_profiles_each_on_its_own(lead: Lead, profile: Profile) -> None:
    other = in_force(lead.entity, {}, {})
    in_force(lead.entity, {}, enabled=False)
    in_force(f.EntityFactory.create(), {})
    again(lead)
    assert set(Decision.objects.values_list("profile", flat=True)) == {profile.pk, other.pk}
    assert Job.objects.count() == 2


def test_route_profile_without_version_decides_nothing(lead: Lead) -> None:
    f.AssignmentFactory.create(profile__entity=lead.entity)
    assert again(lead).routing == "unmatched"
    assert not Decision.objects.exists()


def test_route_reads_the_saved_version_not_the_rows(lead: Lead, profile: Profile) -> None:
    touch()
    Assignment.objects.update(enabled=False)
    assert again(lead).routing == "routed"


def test_route_unmatched_keeps_why(lead: Lead) -> None:
    rules = [[{"field": "name", "op": "equals", "value": "Ben"}]]
    in_force(lead.entity, {"rules": rules})
    assert again(lead).routing == "unmatched"
    decision = Decision.objects.get(lead=lead)
    assert decision.verdicts == [["rules", [0, 0]]]
    assert decision.facts == {"name": "Ana"}
    assert not Job.objects.exists()


def test_route_price_is_fixed_when_the_job_is_made(entity: Entity, lead: Lead) -> None:
    entity.currency = "CHF"
    entity.save()
    profile = in_force(entity, {"price": "7.1234"}, {}, strategy="send_to_all", base_price="0.1")
    again(lead)
    profile.assignments.update(price="99")
    save_profile(profile=profile, by=None)
    again(lead)
    prices = Job.objects.order_by("price").values_list("price", "currency")
    assert list(prices) == [(Decimal("0.1"), "CHF"), (Decimal("7.1234"), "CHF")]


def test_route_partner_made_inactive_gets_nothing(lead: Lead, profile: Profile) -> None:
    again(lead)
    changed(profile.assignments.get().partner, active=False)
    later = f.LeadFactory.create(entity=lead.entity, waiting=True, values={"name": "Ana"})
    assert again(later).routing == "unmatched"


def test_route_follows_the_partner_default_settings(lead: Lead) -> None:
    portal = f.DeliverySettingsFactory.create(kind="portal")
    in_force(lead.entity, {"partner": portal.partner, "settings": None})
    changed(portal.partner, default_settings=portal)
    again(lead)
    assert Job.objects.get().settings == portal


def test_route_again_adds_nothing(lead: Lead, profile: Profile) -> None:
    again(lead)
    assert again(lead).routing == "routed"
    assert Decision.objects.count() == Job.objects.count() == 1


def test_route_again_asks_only_new_profiles(lead: Lead, profile: Profile) -> None:
    again(lead)
    in_force(lead.entity, {"rules": [[{"field": "name", "op": "equals", "value": "Ben"}]]})
    assert again(lead).routing == "routed"
    assert Decision.objects.count() == 2
    assert Job.objects.count() == 1


def test_route_a_broken_profile_keeps_no_other_from_deciding(lead: Lead, profile: Profile) -> None:
    broken = in_force(lead.entity, {})
    version = ProfileVersion.objects.get(profile=broken)
    changed(version, document={**version.document, "rules": "none"})
    waiting = again(lead)
    assert waiting.routing == "waiting"
    assert waiting.routing_error == "Routing stopped with RuleErrors; it is tried again."
    assert Job.objects.get().assignment == profile.assignments.get()
    changed(version, document={**version.document, "rules": []})
    assert again(lead).routing == "routed"
    assert Job.objects.count() == 2


@pytest.mark.parametrize(("tries", "seconds"), [(0, 5), (1, 10), (7, 640), (8, 900), (32_767, 900)])
def test_route_that_fails_waits_longer_each_time(
    lead: Lead, profile: Profile, tries: int, seconds: int
) -> None:
    Lead.objects.update(routing_tries=tries)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE delivery_job ADD CONSTRAINT tripped CHECK (currency <> 'EUR')")
    failed = again(lead)
    assert failed.routing == "waiting"
    assert failed.routing_tries == min(tries + 1, 32_767)
    assert not Decision.objects.exists()
    due = Now() + timedelta(seconds=seconds)
    tolerance = timedelta(seconds=30)
    assert Lead.objects.filter(routing_due__range=(due - tolerance, due)).exists()


def test_route_that_fails_tells_no_values(lead: Lead, caplog: pytest.LogCaptureFixture) -> None:
    """PostgreSQL quotes the failing row, and a decision's row holds the values met."""
    in_force(lead.entity, {}, rules=[[{"field": "name", "op": "is_not_empty"}]])
    Lead.objects.update(values={"name": "planted-value"})
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE distribution_decision ADD CONSTRAINT tripped CHECK (facts = '{}')")
    failed = again(lead)
    [logged] = [record for record in caplog.records if "routing_failed" in record.getMessage()]
    assert "IntegrityError" in logged.getMessage()
    assert "route.py" in logged.getMessage()
    for text in (failed.routing_error, repr([(record.msg, record.exc_info) for record in caplog.records])):
        assert "planted-value" not in text


@pytest.mark.django_db(transaction=True)
def test_route_stays_within_its_transaction(lead: Lead, profile: Profile) -> None:
    with transaction.atomic():
        route([Lead.objects.get(id=lead.pk)])
        transaction.set_rollback(True)
    assert not Decision.objects.exists()
    assert Lead.objects.get().routing == "waiting"
