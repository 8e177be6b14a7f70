import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import partners.models.partner
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("partners", "0001_initial"),
        ("partners", "0002_lane_health"),
        ("partners", "0003_caps"),
        ("partners", "0004_tells_why"),
        ("partners", "0005_contact_hears"),
        ("partners", "0006_audit_log"),
    ]

    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Partner",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "cap_day",
                    models.PositiveIntegerField(
                        blank=True,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="most leads a day",
                    ),
                ),
                (
                    "cap_week",
                    models.PositiveIntegerField(
                        blank=True,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="most leads a week",
                    ),
                ),
                (
                    "cap_month",
                    models.PositiveIntegerField(
                        blank=True,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="most leads a month",
                    ),
                ),
                (
                    "cap_life",
                    models.PositiveIntegerField(
                        blank=True,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="most leads in all",
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                (
                    "contact_email",
                    models.EmailField(
                        blank=True,
                        help_text="Gets a letter when the webhook's endpoint takes no leads.",
                        max_length=254,
                        verbose_name="contact e-mail",
                    ),
                ),
                ("phone", models.CharField(blank=True, max_length=40, verbose_name="phone")),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=50),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="tags",
                    ),
                ),
                (
                    "notes",
                    models.TextField(
                        blank=True, help_text="Never shown to the partner.", verbose_name="internal notes"
                    ),
                ),
                (
                    "zone",
                    models.CharField(
                        default="UTC",
                        max_length=64,
                        validators=[partners.models.partner.known_zone],
                        verbose_name="time zone",
                    ),
                ),
                (
                    "active",
                    models.BooleanField(
                        default=True,
                        help_text="An inactive partner gets nothing and keeps its history.",
                        verbose_name="active",
                    ),
                ),
                (
                    "in_flight",
                    models.PositiveSmallIntegerField(
                        default=8,
                        help_text="Most deliveries to this partner that one worker has open at a time, 1 to 64.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(64),
                        ],
                        verbose_name="calls in flight",
                    ),
                ),
                (
                    "rate",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Most deliveries to this partner that one worker begins in a second. Empty: no limit.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="calls a second",
                    ),
                ),
                (
                    "tells_why",
                    models.BooleanField(
                        default=False,
                        help_text="In its portal, with each lead: its own rules on the fields that it may see. Nothing of others.",
                        verbose_name="say why it got a lead",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
            ],
            options={
                "verbose_name": "partner",
                "verbose_name_plural": "partners",
                "ordering": ["name", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("in_flight__gte", 1), ("in_flight__lte", 64)),
                        name="partner_in_flight",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rate", None), ("rate__gte", 1), _connector="OR"),
                        name="partner_rate",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("cap_day", None), ("cap_day__gte", 1), _connector="OR"),
                            models.Q(("cap_week", None), ("cap_week__gte", 1), _connector="OR"),
                            models.Q(("cap_month", None), ("cap_month__gte", 1), _connector="OR"),
                            models.Q(("cap_life", None), ("cap_life__gte", 1), _connector="OR"),
                        ),
                        name="partner_caps",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RetryPolicy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True, verbose_name="name")),
                (
                    "waits",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveIntegerField(
                            validators=[django.core.validators.MaxValueValidator(604800)]
                        ),
                        blank=True,
                        default=list,
                        help_text="Seconds before the second, third … attempt, such as 5, 30, 120. Empty: one attempt.",
                        size=20,
                        verbose_name="waits",
                    ),
                ),
                (
                    "timeout",
                    models.PositiveSmallIntegerField(
                        default=15,
                        help_text="Seconds that a webhook's answer may take, 1 to 30.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(30),
                        ],
                        verbose_name="time-out",
                    ),
                ),
            ],
            options={
                "verbose_name": "retry policy",
                "verbose_name_plural": "retry policies",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("timeout__gte", 1), ("timeout__lte", 30)), name="policy_timeout"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DeliverySettings",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="delivery_settings",
                        to="partners.partner",
                        verbose_name="partner",
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=100, verbose_name="name")),
                (
                    "kind",
                    models.CharField(
                        choices=[("email", "Email"), ("webhook", "Webhook"), ("portal", "Portal")],
                        max_length=10,
                        verbose_name="delivery method",
                    ),
                ),
                ("config", models.JSONField(blank=True, default=dict)),
                ("sealed", models.BinaryField(blank=True, null=True)),
                (
                    "policy",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partners.retrypolicy",
                        verbose_name="retry policy",
                    ),
                ),
                ("everything", models.BooleanField(default=True, verbose_name="send everything")),
                ("per_entity", models.JSONField(blank=True, default=dict)),
                ("scope", models.CharField(blank=True, editable=False, max_length=40)),
                ("host", models.CharField(blank=True, editable=False, max_length=255)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "verbose_name": "delivery settings",
                "verbose_name_plural": "delivery settings",
                "ordering": ["partner_id", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["email", "webhook", "portal"])), name="settings_kind"
                    ),
                    models.UniqueConstraint(fields=("partner", "kind", "scope"), name="settings_once"),
                ],
            },
        ),
        migrations.AddField(
            model_name="partner",
            name="default_settings",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="partners.deliverysettings",
                verbose_name="delivery",
            ),
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                ("email", models.EmailField(max_length=254, unique=True, verbose_name="e-mail")),
                ("name", models.CharField(blank=True, max_length=200, verbose_name="name")),
                ("zone", models.CharField(blank=True, max_length=64, verbose_name="time zone")),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False, help_text="May sign in to the admin.", verbose_name="staff"
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "date_joined",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="joined"
                    ),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "person",
                "verbose_name_plural": "people",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                        name="user_email_lower",
                        violation_error_message="Write the e-mail address in lower case.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="when")),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                ("who", models.CharField(blank=True, max_length=320)),
                (
                    "verb",
                    models.CharField(
                        choices=[
                            ("added", "Added"),
                            ("changed", "Changed"),
                            ("deleted", "Deleted"),
                            ("looked", "Opened"),
                            ("acted", "Acted on"),
                            ("signed_in", "Signed in"),
                            ("refused", "Sign-in refused"),
                        ],
                        max_length=10,
                        verbose_name="what was done",
                    ),
                ),
                ("model", models.CharField(max_length=60)),
                ("object_id", models.CharField(max_length=64)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("changes", models.JSONField(default=list)),
            ],
            options={
                "verbose_name": "audit entry",
                "verbose_name_plural": "audit log",
                "indexes": [
                    models.Index(fields=["model", "object_id", "-id"], name="audit_history"),
                    models.Index(fields=["user", "-id"], name="audit_person"),
                    models.Index(fields=["model", "-id"], name="audit_model"),
                    models.Index(fields=["verb", "-id"], name="audit_verbs"),
                    models.Index(fields=["at"], name="audit_at"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "verb__in",
                                ["added", "changed", "deleted", "looked", "acted", "signed_in", "refused"],
                            )
                        ),
                        name="audit_verb",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Member",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="members",
                        to="partners.partner",
                        verbose_name="partner",
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[("owner", "Owner"), ("member", "Member"), ("reader", "Read-only")],
                        default="member",
                        max_length=10,
                        verbose_name="role",
                    ),
                ),
            ],
            options={
                "verbose_name": "portal login",
                "verbose_name_plural": "portal logins",
                "constraints": [models.UniqueConstraint(fields=("user", "partner"), name="member_once")],
            },
        ),
        migrations.CreateModel(
            name="Revision",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(
                        default=1, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.PositiveBigIntegerField(default=1)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="revision_one_row")
                ],
            },
        ),
    ]
