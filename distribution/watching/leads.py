"""Leads that reach nobody: no partner matched them, or their routing fails."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from django.db.models import QuerySet
from django.utils.translation import ngettext

from delivery.alerts import book
from delivery.alerts.book import Found
from delivery.models import Alert
from distribution.models import Entity, Lead
from distribution.models.lead import Routing
from leadflip.kit import clock, show
from leadflip.kit.ids import first_of

HOUR = timedelta(hours=1)


def unrouted() -> int:
    """Entities with leads of the last hour that no partner matched. Returns how many alerts were opened."""
    rows = Lead.objects.filter(routing=Routing.UNMATCHED, test=False, id__gte=first_of(clock.now() - HOUR))
    return book.keep(Alert.Kind.UNROUTED, _found(rows, "unrouted", _unmatched))


def stuck() -> int:
    """Entities with leads whose routing failed. Returns how many alerts were opened."""
    rows = Lead.objects.filter(routing=Routing.WAITING, routing_tries__gt=0)
    return book.keep(Alert.Kind.STUCK, _found(rows, "stuck", _failed))


def _found(rows: "QuerySet[Lead]", key: str, words: Callable[[int], str]) -> dict[str, Found]:
    """By entity, among as many leads as are counted."""
    counts = Counter(rows.order_by().values_list("entity_id", flat=True)[: show.MOST + 1])
    names = dict(Entity.objects.filter(pk__in=counts).values_list("pk", "name"))
    told = {pk: words(count) % {"n": show.count(count)} for pk, count in counts.items()}
    return {f"{key}:{pk}": Found(names[pk], text) for pk, text in told.items()}


def _unmatched(count: int) -> str:
    return ngettext(
        "%(n)s lead of the last hour matched no partner.",
        "%(n)s leads of the last hour matched no partner.",
        count,
    )


def _failed(count: int) -> str:
    return ngettext(
        "%(n)s lead could not be routed yet; it is tried again by itself.",
        "%(n)s leads could not be routed yet; they are tried again by themselves.",
        count,
    )
