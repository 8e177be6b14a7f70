"""Failover: the next best gets the lead once, never while the first may have it, whatever dies."""

import re
from typing import Any

import pytest

from delivery.engine import news
from delivery.models import Job
from delivery.refusal import Refused
from delivery.services import not_received, resend
from distribution.models import Decision, Entity, Lead
from distribution.routing import compiled, record
from distribution.routing.again import route_again
from partners.models.revision import Revision
from tests import factories as f
from tests.distribution.capped import end, in_force, placed, routed, save, use

pytestmark = pytest.mark.django_db


def last_verdicts() -> list[str]:
    return [verdict[0] for verdict in Decision.objects.latest("id").verdicts]


def test_failed_job_offers_the_lead_to_the_next_best() -> None:
    rows = in_force({"cap_life": 1}, {}, {}, failover=True)
    (lead,) = routed(rows[0].profile.entity)
    end(Job.objects.get())
    assert [placed(row) for row in rows] == [1, 1, 0]
    decision = Decision.objects.latest("id")
    assert (decision.lead, decision.seq, decision.cause, decision.version) == (lead, 2, "failover", 1)
    assert last_verdicts() == ["offered", "chosen", "outranked"]
    assert use(rows[0])[3] == 0


def test_it_goes_on_until_nobody_is_left() -> None:
    rows = in_force({}, {}, failover=True)
    routed(rows[0].profile.entity)
    for _ in range(3):
        for job in Job.objects.filter(status="queued"):
            end(job)
    assert [placed(row) for row in rows] == [1, 1]
    assert last_verdicts() == ["offered", "offered"]
    assert Decision.objects.count() == 3


def test_profile_without_failover_offers_nothing() -> None:
    rows = in_force({}, {})
    routed(rows[0].profile.entity)
    end(Job.objects.get())
    assert (placed(rows[1]), Decision.objects.count()) == (0, 1)


def test_cancelled_job_offers_nothing() -> None:
    rows = in_force({}, {}, failover=True)
    routed(rows[0].profile.entity)
    end(Job.objects.get(), "cancelled")
    assert placed(rows[1]) == 0


def test_job_in_doubt_offers_nothing_until_somebody_says() -> None:
    rows = in_force({}, {}, failover=True)
    routed(rows[0].profile.entity)
    job = Job.objects.get()
    end(job, had_unknown=True)
    assert placed(rows[1]) == 0
    not_received(job_id=job.pk, by=f.UserFactory.create())
    while news.tell().told:
        pass
    assert placed(rows[1]) == 1


def test_one_partner_never_gets_it_twice() -> None:
    partner = f.PartnerFactory.create()
    rows = in_force({"partner": partner}, {"partner": partner}, {}, failover=True)
    routed(rows[0].profile.entity)
    end(Job.objects.get())
    assert [placed(row) for row in rows] == [1, 0, 1]


def test_failed_job_is_not_resent_while_another_has_its_lead() -> None:
    rows = in_force({}, {}, {}, failover=True)
    routed(rows[0].profile.entity)
    job = Job.objects.get()
    end(job)
    with pytest.raises(Refused, match="As many partners have this lead"):
        resend(job_id=job.pk)
    assert [placed(row) for row in rows] == [1, 1, 0]


def test_send_to_all_offers_one_more_for_each() -> None:
    rows = in_force({}, {}, {}, {}, failover=True, strategy="send_to_all", sold_limit=2)
    routed(rows[0].profile.entity)
    for job in list(Job.objects.order_by("id")):
        end(job)
    assert [placed(row) for row in rows] == [1, 1, 1, 1]


def test_round_robin_offers_to_the_others() -> None:
    rows = in_force({"weight": 9}, {"weight": 1}, failover=True, strategy="round_robin")
    routed(rows[0].profile.entity)
    end(Job.objects.get())
    assert [placed(row) for row in rows] == [1, 1]


def test_next_best_stays_within_its_cap() -> None:
    rows = in_force({}, {"cap_life": 1}, failover=True)
    for _ in range(2):
        routed(rows[0].profile.entity)
    for job in list(Job.objects.order_by("id")):
        end(job)
    assert (placed(rows[1]), use(rows[1])[3]) == (1, 1)
    assert last_verdicts() == ["offered", "cap"]


def test_what_dies_between_is_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The place, the offer and the memory of it are one transaction."""
    rows = in_force({"cap_life": 1}, {}, failover=True)
    routed(rows[0].profile.entity)
    write = record.write

    def die(*args: Any, **more: Any) -> None:
        write(*args, **more)
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(record, "write", die)
        end(Job.objects.get())
    assert (placed(rows[1]), use(rows[0])[3], Job.objects.get().told) == (0, 1, False)
    while news.tell().told:
        pass
    assert (placed(rows[1]), use(rows[0])[3]) == (1, 0)
    assert Lead.objects.count() == 1


def test_disabled_profile_offers_nothing() -> None:
    rows = in_force({}, {}, failover=True)
    routed(rows[0].profile.entity)
    type(rows[0].profile).objects.update(enabled=False)
    end(Job.objects.get())
    assert placed(rows[1]) == 0


def test_route_again_finds_a_partner_for_a_lead_that_nobody_matched() -> None:
    (row,) = in_force({"rules": [[{"field": "name", "op": "equals", "value": "Ben"}]]}, entity=_named())
    (lead,) = routed(row.profile.entity, name="Ana")
    assert (lead.routing, route_again([lead.pk])) == ("unmatched", 0)
    row.rules = []
    row.save()
    save(row.profile)
    assert route_again([lead.pk]) == 1
    lead.refresh_from_db()
    decision = Decision.objects.latest("id")
    assert (lead.routing, decision.seq, decision.cause) == ("routed", 3, "again")
    assert route_again([lead.pk]) == 0
    assert placed(row) == 1


def test_route_again_asks_profiles_that_came_later_too() -> None:
    (row,) = in_force({})
    (lead,) = routed(row.profile.entity)
    (later,) = in_force({}, entity=row.profile.entity)
    assert route_again([lead.pk]) == 1
    assert (placed(row), placed(later)) == (1, 1)


def test_route_again_locks_all_places_at_once(django_assert_max_num_queries: Any) -> None:
    """Those of profiles that decided and of those that come anew, or two who do so cross each other."""
    (row,) = in_force({"cap_life": 9})
    (lead,) = routed(row.profile.entity)
    end(Job.objects.get())
    later = in_force({"cap_life": 9}, entity=row.profile.entity)[0]
    with django_assert_max_num_queries(100) as asked:
        assert route_again([lead.pk]) == 1
    first = next(q["sql"] for q in asked if "capuse" in q["sql"] and "FOR NO KEY UPDATE" in q["sql"])
    assert re.search(rf"\b({row.pk}, {later.pk}|{later.pk}, {row.pk})\b", first)


def test_route_again_goes_past_who_had_it_and_never_while_in_doubt() -> None:
    rows = in_force({}, {})
    (lead,) = routed(rows[0].profile.entity)
    job = Job.objects.get()
    end(job, had_unknown=True)
    assert route_again([lead.pk]) == 0
    end(job, had_unknown=False)
    assert route_again([lead.pk]) == 1
    assert [placed(row) for row in rows] == [1, 1]


def test_route_again_sends_to_all_who_have_not_had_it() -> None:
    rows = in_force({}, {"cap_life": 1}, strategy="send_to_all")
    routed(rows[0].profile.entity)
    (lead,) = routed(rows[0].profile.entity)
    assert placed(rows[1]) == 1
    rows[1].cap_life = 2
    rows[1].save()
    save(rows[0].profile)
    assert route_again([lead.pk]) == 1
    assert (placed(rows[0]), placed(rows[1])) == (2, 2)


def _named() -> Entity:
    entity = f.EntityFactory.create()
    f.make_fields(entity, name={})
    return entity


def test_doubt_at_one_partner_keeps_the_lead_from_the_next_best_of_another() -> None:
    rows = in_force({}, {}, {}, failover=True, strategy="send_to_all", sold_limit=2)
    routed(rows[0].profile.entity)
    first, second = Job.objects.order_by("id")
    Job.objects.filter(pk=first.pk).update(had_unknown=True)
    end(second)
    assert placed(rows[2]) == 0


def test_failover_finds_the_shortlist_that_routing_made() -> None:
    """The profile is changed for it, its seats are not."""
    rows = in_force({}, {}, failover=True)
    entity = rows[0].profile.entity
    routed(entity)
    plan = compiled.current(entity.pk, Revision.current())
    before = dict(plan.world.shortlists)
    end(Job.objects.get())
    assert placed(rows[1]) == 1
    assert before
    assert all(plan.world.shortlists[key] is kept for key, kept in before.items())
