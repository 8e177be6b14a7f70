"""Who changed, opened or did what, and when."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Verb(models.TextChoices):
    """What somebody did."""

    ADDED = "added", _("Added")
    CHANGED = "changed", _("Changed")
    DELETED = "deleted", _("Deleted")
    LOOKED = "looked", _("Opened")
    ACTED = "acted", _("Acted on")
    SIGNED_IN = "signed_in", _("Signed in")
    REFUSED = "refused", _("Sign-in refused")


class AuditEntry(models.Model):
    """One act of one person on one object; written once, never changed.

    `who` and `name` are the person and the object as they were called then: both may be gone since.
    `changes` is a list of {"what": label} with "old" and "new" as words; of a secret there is only
    {"what": label, "secret": "set", "changed" or "removed"}.
    """

    at = models.DateTimeField(_("when"), default=timezone.now)
    user = models.ForeignKey(
        "partners.User",
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("person"),
        db_index=False,
    )
    who = models.CharField(max_length=320, blank=True)
    verb = models.CharField(_("what was done"), max_length=10, choices=Verb)
    model = models.CharField(max_length=60)
    object_id = models.CharField(max_length=64)
    name = models.CharField(max_length=200, blank=True)
    changes = models.JSONField(default=list)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        constraints = [models.CheckConstraint(condition=models.Q(verb__in=Verb.values), name="audit_verb")]
        indexes = [
            # An object's history.
            models.Index(fields=["model", "object_id", "-id"], name="audit_history"),
            # The log by person, by kind of object and by what was done.
            models.Index(fields=["user", "-id"], name="audit_person"),
            models.Index(fields=["model", "-id"], name="audit_model"),
            models.Index(fields=["verb", "-id"], name="audit_verbs"),
            # The log by period, and the retention.
            models.Index(fields=["at"], name="audit_at"),
        ]

    def __str__(self) -> str:
        return f"{self.get_verb_display()} {self.name}"
