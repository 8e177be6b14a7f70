"""How much of caps is used now, for pages: read from the counted places, never by counting jobs."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db import connection
from django.db.models import Count, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy

from distribution import own_caps
from distribution.models import Assignment, CapUse
from distribution.routing.ledger import Owner, Spans
from distribution.routing.places import owner_of, used
from leadflip.kit import clock, show
from partners.models import May, Partner
from partners.used import Use

Used = tuple[int, int, int, int]
# Parts of a cap, in percent.
FULL, NEARLY = 100, 80

# Rows of counted owners with the fullest of their caps, from so many percent on; one scan of rows that are
# as many as capped owners. A period that began later than the row's begins at 0 (`routing.places.used`).
NEAR = """
SELECT use.id, use.assignment_id, partner.id AS partner_id, partner.name AS partner, profile.name AS profile,
       period.name AS period, period.used, period.cap
FROM distribution_capuse use
LEFT JOIN distribution_assignment assignment ON assignment.id = use.assignment_id
LEFT JOIN distribution_profile profile ON profile.id = assignment.profile_id
JOIN partners_partner partner ON partner.id = coalesce(use.partner_id, assignment.partner_id)
CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE partner.zone)::date AS day) AS today
CROSS JOIN LATERAL (
    SELECT * FROM (VALUES
        ('day', CASE WHEN use.day >= today.day THEN use.day_used ELSE 0 END,
         CASE WHEN use.partner_id IS NULL THEN assignment.cap_day ELSE partner.cap_day END),
        ('week', CASE WHEN use.week >= date_trunc('week', today.day) THEN use.week_used ELSE 0 END,
         CASE WHEN use.partner_id IS NULL THEN assignment.cap_week ELSE partner.cap_week END),
        ('month', CASE WHEN use.month >= date_trunc('month', today.day) THEN use.month_used ELSE 0 END,
         CASE WHEN use.partner_id IS NULL THEN assignment.cap_month ELSE partner.cap_month END),
        ('life', use.life_used,
         CASE WHEN use.partner_id IS NULL THEN assignment.cap_life ELSE partner.cap_life END)
    ) AS each (name, used, cap) WHERE cap IS NOT NULL ORDER BY used::float / cap DESC LIMIT 1
) AS period
WHERE partner.active AND coalesce(assignment.enabled AND profile.enabled, true)
  AND period.used * 100 >= period.cap * %s
"""


class Near(NamedTuple):
    """An owner with the fullest of its caps; `assignment_id` and `profile` None: the partner's own."""

    id: int
    assignment_id: int | None
    partner_id: int
    partner: str
    profile: str | None
    period: str
    used: int
    cap: int

    @property
    def said(self) -> str:
        """«12 of 12 today»."""
        return SAID[self.period] % {"used": show.number(self.used), "cap": show.number(self.cap)}


SAID = {
    "day": gettext_lazy("%(used)s of %(cap)s today"),
    "week": gettext_lazy("%(used)s of %(cap)s this week"),
    "month": gettext_lazy("%(used)s of %(cap)s this month"),
    "life": gettext_lazy("%(used)s of %(cap)s in all"),
}


def nearest(part: int, most: int) -> list[Near]:
    """Those used to `part` percent or more, the fullest first. One query."""
    with connection.cursor() as cursor:
        cursor.execute(f"{NEAR} ORDER BY period.used::float / period.cap DESC, use.id LIMIT %s", [part, most])
        return [Near._make(row) for row in cursor.fetchall()]


class Uses:
    """The UseReader of the apps below."""

    def use(self, partner: Partner) -> Use:
        """Its leads in each period, the profiles that use its own settings, and what it lowered itself."""
        rows = Partner.objects.select_related("cap_use")
        rows = rows.annotate(profiles=profiles_with("pk"), own=own_caps.of_partner("pk"))
        row = rows.filter(pk=partner.pk).first() if partner.pk else None
        if row is None:
            return Use()
        own = own_caps.lines(row.own) if May.CAPS in row.may else ()
        return Use(_now(row, partner.zone), row.profiles, own)


def profiles_with(partner: str) -> Coalesce:
    """An annotation: how many profiles use the own settings of the partner whose id is in that column."""
    own = Assignment.objects.filter(partner=OuterRef(partner), settings=None).order_by().values("partner")
    counted = own.annotate(profiles=Count("profile", distinct=True)).values("profiles")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def of_assignments(assignments: Iterable[Assignment]) -> dict[Owner, Used]:
    """What these and their partners have used, those left out that nobody counted yet. One query.

    Their partners should be loaded with them (select_related).
    """
    rows = list(assignments)
    zones = {Owner("assignment", each.pk): each.partner.zone for each in rows}
    zones |= {Owner("partner", each.partner_id): each.partner.zone for each in rows}
    owned = Q(assignment__in=[each.pk for each in rows]) | Q(partner__in={each.partner_id for each in rows})
    now = clock.now()
    uses = ((owner_of(row), row) for row in CapUse.objects.filter(owned))
    return {owner: used(row, Spans.at(now, zones[owner])) for owner, row in uses}


def of_assignment(assignment: Assignment) -> Used | None:
    """What this one has used; no query where `cap_use` was read with it."""
    return _now(assignment, assignment.partner.zone)


def _now(owner: Assignment | Partner, zone: str) -> Used | None:
    row: CapUse | None = getattr(owner, "cap_use", None)
    return None if row is None else used(row, Spans.at(clock.now(), zone))
