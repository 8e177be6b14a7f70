import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [("portal", "0001_initial"), ("portal", "0002_plans")]

    initial = True

    dependencies = [
        ("partners", "0001_squashed_0006_audit_log"),
    ]

    operations = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="partners.partner",
                    ),
                ),
                (
                    "settings",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partners.deliverysettings",
                    ),
                ),
                ("lead_id", models.UUIDField()),
                ("entity_id", models.PositiveBigIntegerField()),
                (
                    "review",
                    models.CharField(
                        choices=[
                            ("pending", "Pending review"),
                            ("accepted", "Accepted"),
                            ("rejected", "Rejected"),
                        ],
                        default="pending",
                        max_length=10,
                        verbose_name="review",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=40, verbose_name="reason")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="note")),
                (
                    "answered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("price", models.DecimalField(blank=True, decimal_places=4, max_digits=12, null=True)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "portal entry",
                "verbose_name_plural": "portal entries",
                "indexes": [
                    models.Index(fields=["partner", "review", "-id"], name="entry_feed"),
                    models.Index(fields=["partner", "entity_id", "-id"], name="entry_partner"),
                    models.Index(fields=["lead_id"], name="entry_lead"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answered_at", None), ("review", "pending")),
                            models.Q(
                                models.Q(("review", "pending"), _negated=True), ("answered_at__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="entry_answered",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("review", "rejected"), models.Q(("reason", ""), _negated=True)),
                            models.Q(models.Q(("review", "rejected"), _negated=True), ("reason", "")),
                            _connector="OR",
                        ),
                        name="entry_rejected_for_a_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EntryEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "entry",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="portal.entry",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="partners.partner"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("signed_in", "Signed in"),
                            ("viewed", "Viewed"),
                            ("accepted", "Accepted"),
                            ("rejected", "Rejected"),
                            ("downloaded", "Downloaded CSV"),
                        ],
                        max_length=12,
                    ),
                ),
                ("detail", models.JSONField(blank=True, default=dict)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "portal event",
                "verbose_name_plural": "portal events",
                "indexes": [
                    models.Index(fields=["entry", "-id"], name="event_entry"),
                    models.Index(fields=["partner", "-id"], name="event_partner"),
                ],
            },
        ),
    ]
