"""What a partner sees: one entry a lead delivered to its portal, and what people did with it."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Entry(models.Model):
    """A delivered lead in a partner's feed. Its id is the job's, so publishing twice adds nothing."""

    class Review(models.TextChoices):
        PENDING = "pending", _("Pending review")
        ACCEPTED = "accepted", _("Accepted")
        REJECTED = "rejected", _("Rejected")
        RETURNED = "returned", _("Returned")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="entries")
    settings = models.ForeignKey("partners.DeliverySettings", models.PROTECT, related_name="+")
    lead_id = models.UUIDField()
    # Opaque like lead_id: a CSV file has one entity's columns, so its rows are picked by it.
    entity_id = models.PositiveBigIntegerField()
    review = models.CharField(_("review"), max_length=10, choices=Review, default=Review.PENDING)
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    answered_by = models.ForeignKey("partners.User", models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    price = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("portal entry")
        verbose_name_plural = _("portal entries")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(review="pending", answered_at=None)
                | (~models.Q(review="pending") & models.Q(answered_at__isnull=False)),
                name="entry_answered",
            ),
            models.CheckConstraint(
                condition=(models.Q(review__in=["rejected", "returned"]) & ~models.Q(reason=""))
                | (models.Q(review__in=["pending", "accepted"]) & models.Q(reason="")),
                name="entry_refused_for_a_reason",
            ),
        ]
        indexes = [
            # The feed's tabs and their capped counts.
            models.Index(fields=["partner", "review", "-id"], name="entry_feed"),
            # CSV of one entity over all reviews, in order; the entities that a partner has leads of.
            models.Index(fields=["partner", "entity_id", "-id"], name="entry_partner"),
            # What came since the last letter of news.
            models.Index(
                fields=["partner", "created_at"], condition=models.Q(review="pending"), name="entry_news"
            ),
            # The lead's story, and its erasure.
            models.Index(fields=["lead_id"], name="entry_lead"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class News(models.Model):
    """The letters of new leads that a member wants; without a row, none.

    Leads that came up to `upto` were told. `letter` is the one that is being sent, of leads up to `until`:
    both stand there, with `claimed_at`, before it leaves, and go once the mail server has taken it.
    """

    class Mode(models.TextChoices):
        AT_ONCE = "at_once", _("At once, at most one letter in ten minutes")
        DAILY = "daily", _("Once a day, at eight in the morning")

    member = models.OneToOneField("partners.Member", models.CASCADE, related_name="news")
    mode = models.CharField(max_length=7, choices=Mode)
    upto = models.DateTimeField()
    due_at = models.DateTimeField()
    letter = models.UUIDField(null=True)
    until = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = _("news by mail")
        verbose_name_plural = _("news by mail")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(letter=None, until=None)
                | models.Q(letter__isnull=False, until__isnull=False),
                name="news_letter_until",
            )
        ]
        # Who is told next.
        indexes = [models.Index(fields=["due_at"], name="news_due")]

    def __str__(self) -> str:
        return f"{self.member} · {self.mode}"


class EntryEvent(models.Model):
    """One thing that a person did: the audit trail of the portal."""

    class Kind(models.TextChoices):
        SIGNED_IN = "signed_in", _("Signed in")
        VIEWED = "viewed", _("Viewed")
        ACCEPTED = "accepted", _("Accepted")
        REJECTED = "rejected", _("Rejected")
        RETURNED = "returned", _("Returned")
        UNDONE = "undone", _("Answer taken back")
        DOWNLOADED = "downloaded", _("Downloaded CSV")
        INVITED = "invited", _("Invited")
        WITHDRAWN = "withdrawn", _("Withdrew an invitation")
        JOINED = "joined", _("Joined")
        ROLE = "role", _("Changed a role")
        REMOVED = "removed", _("Removed a person")
        OPENED = "opened", _("Opened what was sent")
        RESENT = "resent", _("Resent")
        TESTED = "tested", _("Sent a test lead")
        PAUSED = "paused", _("Paused deliveries")
        RESUMED = "resumed", _("Resumed deliveries")
        NEW_SECRET = "new_secret", _("Made a signing secret")
        ASKED = "asked", _("Asked for another webhook address")
        UNASKED = "unasked", _("Took that back")
        APPROVED = "approved", _("Webhook address approved")
        REFUSED = "refused", _("Webhook address refused")
        ADDRESS = "address", _("Changed the webhook address")
        OWN_CAPS = "own_caps", _("Changed own caps")

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(Entry, models.CASCADE, null=True, blank=True, related_name="events")
    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+")
    user = models.ForeignKey("partners.User", models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind)
    # What a download held: {"filter": …, "rows": n}; why a lead was refused: {"reason": code}; which answer
    # was taken back: {"review": …}; of people, whom: {"email": …, "role": …}; which delivery: {"job": id};
    # of settings, what they are now: {"about": …}.
    # Never a lead's value.
    detail = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("portal event")
        verbose_name_plural = _("portal events")
        indexes = [
            models.Index(fields=["entry", "-id"], name="event_entry"),  # who saw and answered a lead
            # The partner's history page, and its filters.
            models.Index(fields=["partner", "-id"], name="event_partner"),
            models.Index(fields=["partner", "user", "-id"], name="event_person"),
            models.Index(fields=["partner", "kind", "-id"], name="event_kind"),
            models.Index(fields=["partner", "at"], name="event_day"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"
