"""What people choose among: kinds of alert that tell of the same, and who wants to be mailed of which."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from django.db import transaction
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from delivery.models import Alert, AlertChoice
from partners import audit, roles
from partners.models import User
from partners.models.audit import Verb

Kind = Alert.Kind


class Topic(TextChoices):
    """In the order of the page."""

    LANE = "lane", gettext_lazy("A destination is slowed, or delivers again")
    BACKLOG = "backlog", gettext_lazy("A backlog grows")
    MAIL = "mail", gettext_lazy("E-mail cannot be sent")
    BOUNCED = "bounced", gettext_lazy("A letter came back")
    CAP = "cap", gettext_lazy("A cap is reached")
    SILENT = "silent", gettext_lazy("Nothing arrives from a source that usually sends")
    UNROUTED = "unrouted", gettext_lazy("Leads find no partner, or cannot be routed")
    KEY = "key", gettext_lazy("A key is due for rotation")


TOPICS: Mapping[str, Topic] = {
    Kind.OPENED: Topic.LANE,
    Kind.OPEN_HOUR: Topic.LANE,
    Kind.OPEN_DAY: Topic.LANE,
    Kind.RECOVERED: Topic.LANE,
    Kind.BOUNCED: Topic.BOUNCED,
    Kind.SMTP_UNSET: Topic.MAIL,
    Kind.BACKLOG: Topic.BACKLOG,
    Kind.CAP: Topic.CAP,
    Kind.SILENT: Topic.SILENT,
    Kind.UNROUTED: Topic.UNROUTED,
    Kind.STUCK: Topic.UNROUTED,
    Kind.KEY_DUE: Topic.KEY,
}
# Who chose nothing yet: they are there to act on what is told.
BY_DEFAULT = (roles.ADMIN, roles.OPERATOR)


class Reader(NamedTuple):
    """Somebody with the topics that they are mailed."""

    email: str
    topics: frozenset[Topic]


def topic_of(alert: Alert) -> Topic:
    """Whatever the mail account does concerns e-mail."""
    return Topic.MAIL if alert.key == Alert.SMTP else TOPICS[alert.kind]


def readers() -> Iterator[Reader]:
    """All who are mailed of something, by address. Three queries."""
    people = User.objects.filter(is_active=True, is_staff=True).exclude(email="").order_by("email")
    chosen: dict[int, dict[str, bool]] = defaultdict(dict)
    for choice in AlertChoice.objects.all():
        chosen[choice.user_id][choice.topic] = choice.wanted
    for person in people.prefetch_related("groups"):
        topics = _topics(person, chosen[person.pk])
        if topics:
            yield Reader(person.email, topics)


def wanted(person: User) -> frozenset[Topic]:
    """What somebody is mailed: what they chose; of the rest all or nothing, by their role."""
    return _topics(person, dict(AlertChoice.objects.filter(user=person).values_list("topic", "wanted")))


def _topics(person: User, chosen: Mapping[str, bool]) -> frozenset[Topic]:
    rest = roles.of(person) in BY_DEFAULT
    return frozenset(topic for topic in Topic if chosen.get(topic.value, rest))


@transaction.atomic
def choose(*, person: User, topics: Collection[str]) -> None:
    """Somebody wants to be mailed of these, and of no others that there are now."""
    before = _words(wanted(person))
    rows = [AlertChoice(user=person, topic=topic.value, wanted=topic.value in topics) for topic in Topic]
    AlertChoice.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["user", "topic"], update_fields=["wanted"]
    )
    after = _words(frozenset(topic for topic in Topic if topic.value in topics))
    if before != after:
        changes = [{"what": _("Alerts by mail"), "old": before, "new": after}]
        audit.note(by=person, verb=Verb.CHANGED, obj=person, changes=changes)


def _words(topics: frozenset[Topic]) -> str:
    return "; ".join(str(topic.label) for topic in Topic if topic in topics)
