"""People with a login: staff and partners' members alike, told apart by groups and memberships."""

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    """Stores and finds addresses in lower case, so one address is one login."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A saved user; without a password nobody can sign in as them."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A saved admin with every permission."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Staff sign in at /admin/ with the groups admin, operator, viewer; members at /portal/."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    zone = models.CharField(_("time zone"), max_length=64, blank=True)
    is_staff = models.BooleanField(_("staff"), default=False, help_text=_("May sign in to the admin."))
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now, editable=False)
    # Raised by `end_sessions`: a session that began under another number is over.
    session_round = models.PositiveIntegerField(default=0, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")),
                name="user_email_lower",
                violation_error_message=_("Write the e-mail address in lower case."),
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def clean(self) -> None:
        self.email = self.email.strip().lower()

    def end_sessions(self) -> None:
        """Signs the person out everywhere, at once."""
        User.objects.filter(pk=self.pk).update(session_round=models.F("session_round") + 1)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        plain = str(super()._get_session_auth_hash(secret=secret))  # type: ignore[misc]  # the stubs lack it
        return f"{plain}.{self.session_round}" if self.session_round else plain


class Member(models.Model):
    """A person's place at a partner: what lets them into that partner's portal."""

    class Role(models.TextChoices):
        OWNER = "owner", _("Owner")
        MEMBER = "member", _("Member")
        READER = "reader", _("Read-only")

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", verbose_name=_("person"))
    partner = models.ForeignKey(
        "partners.Partner", models.CASCADE, related_name="members", verbose_name=_("partner")
    )
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.MEMBER)

    class Meta:
        verbose_name = _("portal login")
        verbose_name_plural = _("portal logins")
        constraints = [models.UniqueConstraint(fields=["user", "partner"], name="member_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.partner}"

    @property
    def zone(self) -> ZoneInfo:
        """The person's own time zone, else the partner's."""
        return ZoneInfo(self.user.zone or self.partner.zone)


class Invitation(models.Model):
    """A place at a partner, kept for whoever opens the link that a letter brought to `email`.

    The link itself is nowhere: `digest` is the SHA-256 of its token.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Not sent")
        SHOWN = "shown", _("Link handed over")

    partner = models.ForeignKey("partners.Partner", models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-mail"))
    role = models.CharField(_("role"), max_length=10, choices=Member.Role, default=Member.Role.MEMBER)
    digest = models.BinaryField(unique=True)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = _("portal invitation")
        verbose_name_plural = _("portal invitations")
        constraints = [
            models.UniqueConstraint(fields=["partner", "email"], name="invitation_once"),
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="invitation_email_lower"),
        ]

    def __str__(self) -> str:
        return f"{self.email} · {self.partner}"
