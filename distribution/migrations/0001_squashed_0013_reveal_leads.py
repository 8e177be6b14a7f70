import distribution.models.hosted_form
import distribution.models.verdicts
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import leadflip.kit.ids
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("distribution", "0001_initial"),
        ("distribution", "0002_initial"),
        ("distribution", "0003_lead_test"),
        ("distribution", "0004_caps"),
        ("distribution", "0005_hours"),
        ("distribution", "0006_name_keys"),
        ("distribution", "0007_intake"),
        ("distribution", "0008_routing_none"),
        ("distribution", "0009_form_tokens"),
        ("distribution", "0010_hourly"),
        ("distribution", "0011_plans"),
        ("distribution", "0012_erasure"),
        ("distribution", "0013_reveal_leads"),
    ]

    initial = True

    dependencies = [
        ("partners", "0001_squashed_0006_audit_log"),
    ]

    operations = [
        migrations.CreateModel(
            name="Entity",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("slug", models.SlugField(max_length=100, unique=True, verbose_name="slug")),
                (
                    "currency",
                    models.CharField(
                        default="EUR",
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Write three capital letters, such as EUR."
                            )
                        ],
                        verbose_name="currency",
                    ),
                ),
                (
                    "display_field",
                    models.CharField(
                        blank=True,
                        help_text="Key of the field that names a lead in lists, such as last_name.",
                        max_length=63,
                        verbose_name="display field",
                    ),
                ),
                (
                    "country",
                    models.CharField(
                        blank=True,
                        help_text="Two letters, such as DE: the country of phone numbers written without a country code.",
                        max_length=2,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{2}$", "Write two capital letters, such as DE."
                            )
                        ],
                        verbose_name="country",
                    ),
                ),
                ("duplicates", models.JSONField(blank=True, default=dict, verbose_name="duplicates")),
                (
                    "duplicate_days",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Days: only leads that young count as the same. Empty: all leads.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="duplicates within",
                    ),
                ),
                ("keyed_as", models.CharField(blank=True, editable=False, max_length=16)),
            ],
            options={
                "verbose_name": "entity",
                "verbose_name_plural": "entities",
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="Field",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "entity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="fields",
                        to="distribution.entity",
                        verbose_name="entity",
                    ),
                ),
                (
                    "key",
                    models.CharField(
                        max_length=63,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z][a-z0-9_]*$",
                                "Write small letters, digits and _, beginning with a letter.",
                            )
                        ],
                        verbose_name="key",
                    ),
                ),
                ("label", models.CharField(max_length=100, verbose_name="label")),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("text", "Text"),
                            ("textarea", "Long text"),
                            ("number", "Number"),
                            ("email", "E-mail"),
                            ("phone", "Phone"),
                            ("date", "Date"),
                            ("datetime", "Date and time"),
                            ("select", "Select"),
                            ("multi_select", "Multi-select"),
                            ("checkbox", "Checkbox"),
                            ("url", "URL"),
                            ("address", "Address"),
                        ],
                        default="text",
                        max_length=12,
                        verbose_name="type",
                    ),
                ),
                ("position", models.PositiveIntegerField(default=0, verbose_name="position")),
                ("required", models.BooleanField(default=False, verbose_name="required")),
                ("default", models.JSONField(blank=True, null=True, verbose_name="default")),
                (
                    "options",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text='For selects: a list such as ["Roof", "Garden"].',
                        verbose_name="options",
                    ),
                ),
                (
                    "encrypted",
                    models.BooleanField(
                        default=False,
                        help_text="Sealed at rest; cannot be used in rules.",
                        verbose_name="encrypted",
                    ),
                ),
                (
                    "match_order",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="1, 2, …: by which fields a lead is known again; the first that is not empty decides.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="match",
                    ),
                ),
                ("archived_at", models.DateTimeField(blank=True, null=True, verbose_name="archived")),
            ],
            options={
                "verbose_name": "field",
                "verbose_name_plural": "fields",
                "ordering": ["position", "id"],
                "constraints": [models.UniqueConstraint(fields=("entity", "key"), name="field_key_once")],
            },
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "found_by",
                    models.CharField(
                        choices=[("email", "E-mail address"), ("phone", "Phone number"), ("lead", "Lead id")],
                        max_length=5,
                        verbose_name="found by",
                    ),
                ),
                ("leads", models.JSONField(default=list)),
                ("left", models.JSONField(default=list)),
                ("counts", models.JSONField(default=dict)),
                ("copies", models.JSONField(default=list)),
                (
                    "started_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="started"),
                ),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished")),
            ],
            options={
                "verbose_name": "erasure",
                "verbose_name_plural": "erasures",
                "indexes": [
                    models.Index(
                        condition=models.Q(("finished_at", None)), fields=["id"], name="erasure_open"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HostedForm",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "entity",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="form",
                        to="distribution.entity",
                        verbose_name="entity",
                    ),
                ),
                ("enabled", models.BooleanField(default=False, verbose_name="enabled")),
                (
                    "token",
                    models.CharField(
                        default=distribution.models.hosted_form.new_token,
                        editable=False,
                        max_length=43,
                        unique=True,
                        verbose_name="address",
                    ),
                ),
                ("title", models.CharField(blank=True, max_length=200, verbose_name="title")),
                ("intro", models.TextField(blank=True, verbose_name="introduction")),
                ("shown", models.JSONField(blank=True, default=list, verbose_name="fields")),
                (
                    "consent",
                    models.TextField(
                        blank=True,
                        help_text="What people agree to; kept with the lead, word for word.",
                        verbose_name="consent",
                    ),
                ),
                (
                    "origins",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Sites that may frame it, such as https://example.com.",
                        verbose_name="sites",
                    ),
                ),
                (
                    "thanks",
                    models.TextField(
                        blank=True, help_text="Shown when the lead is in.", verbose_name="thanks"
                    ),
                ),
                (
                    "redirect",
                    models.URLField(
                        blank=True,
                        help_text="Where people go instead of reading thanks.",
                        max_length=500,
                        verbose_name="redirect",
                    ),
                ),
            ],
            options={
                "verbose_name": "hosted form",
                "verbose_name_plural": "hosted forms",
            },
        ),
        migrations.CreateModel(
            name="HourlyLeads",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("hour", models.DateTimeField()),
                (
                    "entity",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="distribution.entity",
                    ),
                ),
                ("source", models.CharField(blank=True, max_length=100)),
                ("leads", models.PositiveIntegerField()),
                ("unrouted", models.PositiveIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["source", "-hour"], name="hourly_source")],
                "constraints": [
                    models.UniqueConstraint(fields=("hour", "entity", "source"), name="hourly_leads_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Import",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "entity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="imports",
                        to="distribution.entity",
                        verbose_name="entity",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("name", models.CharField(max_length=255, verbose_name="file")),
                ("reading", models.JSONField(default=dict)),
                ("columns", models.JSONField(default=list)),
                ("mapping", models.JSONField(default=list)),
                (
                    "on_duplicate",
                    models.CharField(
                        choices=[
                            ("skip", "Skip it"),
                            ("update", "Update the lead that is there"),
                            ("create", "Create it anyway"),
                        ],
                        max_length=6,
                        verbose_name="duplicates",
                    ),
                ),
                ("route", models.BooleanField(default=True, verbose_name="route the leads")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("mapping", "Columns are matched"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("stopped", "Stopped"),
                        ],
                        default="mapping",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("rows", models.PositiveIntegerField(default=0, verbose_name="rows")),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="uploaded"),
                ),
                ("started_at", models.DateTimeField(null=True, verbose_name="started")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="ended")),
            ],
            options={
                "verbose_name": "import",
                "verbose_name_plural": "imports",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", False), ("state__in", ["done", "stopped"])),
                            models.Q(("ended_at", None), ("state__in", ["mapping", "running"])),
                            _connector="OR",
                        ),
                        name="import_ended_when_over",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportChunk",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chunks",
                        to="distribution.import",
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("sealed", models.BinaryField(null=True)),
                ("sealed_refused", models.BinaryField(null=True)),
                ("rows", models.PositiveSmallIntegerField()),
                ("done_at", models.DateTimeField(null=True)),
                ("created", models.PositiveSmallIntegerField(default=0)),
                ("updated", models.PositiveSmallIntegerField(default=0)),
                ("skipped", models.PositiveSmallIntegerField(default=0)),
                ("refused", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("done_at", None)),
                        fields=["run", "number"],
                        name="importchunk_open",
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("run", "number"), name="importchunk_once")],
            },
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "source",
                    models.CharField(
                        blank=True,
                        help_text="Stands on its leads unless they name their own.",
                        max_length=100,
                        verbose_name="source",
                    ),
                ),
                ("prefix", models.CharField(editable=False, max_length=16, verbose_name="prefix")),
                ("digest", models.BinaryField(max_length=32, unique=True)),
                (
                    "duplicates",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("skip", "Skip it"),
                            ("update", "Update the lead that is there"),
                            ("create", "Create it anyway"),
                        ],
                        help_text="What becomes of its leads that there are already. Empty: as the entity says.",
                        max_length=6,
                        verbose_name="duplicates",
                    ),
                ),
                (
                    "audit",
                    models.BooleanField(
                        default=False,
                        help_text="May read which partners its leads went to, why, and at what price.",
                        verbose_name="audit",
                    ),
                ),
                (
                    "rate",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Most requests a minute. Empty: no limit.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="rate",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "last_used",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="last used"),
                ),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="revoked")),
                (
                    "entities",
                    models.ManyToManyField(
                        blank=True,
                        help_text="None chosen: every entity.",
                        related_name="api_keys",
                        to="distribution.entity",
                        verbose_name="entities",
                    ),
                ),
            ],
            options={
                "verbose_name": "API key",
                "verbose_name_plural": "API keys",
            },
        ),
        migrations.CreateModel(
            name="Lead",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=leadflip.kit.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "entity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leads",
                        to="distribution.entity",
                        verbose_name="entity",
                    ),
                ),
                ("values", models.JSONField(default=dict)),
                ("raw", models.JSONField(blank=True, default=dict)),
                ("sealed", models.BinaryField(blank=True, null=True)),
                ("sealed_key", models.CharField(blank=True, editable=False, max_length=8)),
                ("source", models.CharField(blank=True, max_length=100, verbose_name="source")),
                (
                    "api_key",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="leads",
                        to="distribution.apikey",
                    ),
                ),
                ("status", models.CharField(default="New", max_length=100, verbose_name="status")),
                ("note", models.TextField(blank=True, verbose_name="note")),
                (
                    "consent",
                    models.JSONField(
                        blank=True,
                        db_default=models.Value({}, models.JSONField()),
                        default=dict,
                        verbose_name="consent",
                    ),
                ),
                (
                    "keyed_as",
                    models.CharField(blank=True, db_default="", default="", editable=False, max_length=16),
                ),
                (
                    "test",
                    models.BooleanField(db_default=False, default=False, editable=False, verbose_name="test"),
                ),
                (
                    "routing",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting to be routed"),
                            ("routed", "Routed"),
                            ("unmatched", "No partner"),
                            ("none", "Not routed"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="routing",
                    ),
                ),
                ("routing_due", models.DateTimeField(blank=True, null=True)),
                ("routing_tries", models.PositiveSmallIntegerField(default=0)),
                ("routing_error", models.CharField(blank=True, max_length=500, verbose_name="routing error")),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="created"),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated")),
                (
                    "erased_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="erased"),
                ),
            ],
            options={
                "verbose_name": "lead",
                "verbose_name_plural": "leads",
                "permissions": [("reveal_lead", "Can show encrypted values of a lead")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("routing", "waiting")),
                        fields=["routing_due"],
                        name="lead_waiting",
                    ),
                    models.Index(
                        condition=models.Q(("routing__in", ["waiting", "unmatched", "none"])),
                        fields=["routing", "-id"],
                        name="lead_unrouted",
                    ),
                    models.Index(condition=models.Q(("test", True)), fields=["-id"], name="lead_tests"),
                    models.Index(condition=models.Q(("erased_at", None)), fields=["id"], name="lead_kept"),
                    models.Index(fields=["entity", "-id"], name="lead_entity"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("routing", "waiting"), ("routing_due__isnull", False)),
                            models.Q(models.Q(("routing", "waiting"), _negated=True), ("routing_due", None)),
                            _connector="OR",
                        ),
                        name="lead_waiting_is_due",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LeadKey",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="keys",
                        to="distribution.lead",
                    ),
                ),
                (
                    "field",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="distribution.field",
                    ),
                ),
                ("digest", models.BinaryField(max_length=16)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("field", "digest", "lead"), name="leadkey_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Repeat",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="repeats",
                        to="distribution.lead",
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("source", models.CharField(max_length=100)),
                (
                    "api_key",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="distribution.apikey",
                    ),
                ),
                (
                    "action",
                    models.CharField(choices=[("skip", "Skipped"), ("update", "Updated")], max_length=6),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Profile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "entity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="profiles",
                        to="distribution.entity",
                        verbose_name="entity",
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("description", models.TextField(blank=True, verbose_name="description")),
                ("enabled", models.BooleanField(default=True, verbose_name="enabled")),
                (
                    "strategy",
                    models.CharField(
                        choices=[
                            ("first_match", "First match (waterfall)"),
                            ("send_to_all", "Send to all"),
                            ("round_robin", "Round robin (weighted)"),
                        ],
                        default="first_match",
                        max_length=12,
                        verbose_name="strategy",
                    ),
                ),
                (
                    "base_price",
                    models.DecimalField(
                        decimal_places=4,
                        default=Decimal("0"),
                        help_text="Price of a job in the entity's currency, unless its assignment has its own.",
                        max_digits=12,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="base price",
                    ),
                ),
                ("rules", models.JSONField(blank=True, default=list, verbose_name="rules")),
                (
                    "sold_limit",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="For Send to all: the best-ranked so many. Empty: every eligible one.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="most partners a lead",
                    ),
                ),
                (
                    "failover",
                    models.BooleanField(
                        default=False,
                        help_text="A lead that could not be delivered goes to the next best partner; never while the first may have it, never twice to one.",
                        verbose_name="failover",
                    ),
                ),
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
                ("version", models.PositiveIntegerField(default=0, editable=False, verbose_name="version")),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
            ],
            options={
                "verbose_name": "distribution profile",
                "verbose_name_plural": "distribution profiles",
                "ordering": ["name", "id"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("base_price__gte", 0)), name="profile_price"),
                    models.CheckConstraint(
                        condition=models.Q(("sold_limit", None), ("sold_limit__gte", 1), _connector="OR"),
                        name="profile_sold_limit",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Assignment",
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
                (
                    "profile",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assignments",
                        to="distribution.profile",
                        verbose_name="profile",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to="partners.partner",
                        verbose_name="partner",
                    ),
                ),
                ("enabled", models.BooleanField(default=True, verbose_name="enabled")),
                (
                    "priority",
                    models.IntegerField(
                        default=0,
                        help_text="Higher is preferred; ties go to the older.",
                        verbose_name="priority",
                    ),
                ),
                ("rules", models.JSONField(blank=True, default=list, verbose_name="rules")),
                (
                    "price",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="Empty: the profile's base price.",
                        max_digits=12,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="price",
                    ),
                ),
                (
                    "weight",
                    models.PositiveIntegerField(
                        default=1,
                        help_text="For Round robin: a partner with weight 3 gets three leads for each one of weight 1.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(1000),
                        ],
                        verbose_name="weight",
                    ),
                ),
                ("hours", models.JSONField(blank=True, default=dict, verbose_name="open hours")),
                (
                    "closed",
                    models.CharField(
                        choices=[("skip", "Skip it"), ("hold", "Hold its leads until it opens")],
                        default="skip",
                        max_length=4,
                        verbose_name="while closed",
                    ),
                ),
                (
                    "pacing",
                    models.BooleanField(
                        default=False,
                        help_text="Spread this assignment's caps evenly over the day, week and month, within open hours.",
                        verbose_name="pacing",
                    ),
                ),
                (
                    "settings",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: the partner's own.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to="partners.deliverysettings",
                        verbose_name="delivery",
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
                "verbose_name": "partner in this profile",
                "verbose_name_plural": "partners in this profile",
                "ordering": ["-priority", "created_at", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("price", None), ("price__gte", 0), _connector="OR"),
                        name="assignment_price",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("weight__gte", 1), ("weight__lte", 1000)),
                        name="assignment_weight",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("cap_day", None), ("cap_day__gte", 1), _connector="OR"),
                            models.Q(("cap_week", None), ("cap_week__gte", 1), _connector="OR"),
                            models.Q(("cap_month", None), ("cap_month__gte", 1), _connector="OR"),
                            models.Q(("cap_life", None), ("cap_life__gte", 1), _connector="OR"),
                        ),
                        name="assignment_caps",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProfileVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "profile",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="distribution.profile",
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("document", models.JSONField()),
                (
                    "saved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("saved_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("profile", "number"), name="version_once")],
            },
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="distribution.lead",
                    ),
                ),
                (
                    "profile",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="distribution.profile",
                    ),
                ),
                ("seq", models.PositiveSmallIntegerField(default=1)),
                (
                    "cause",
                    models.CharField(
                        choices=[("new", "New lead"), ("failover", "Failover"), ("again", "Routed again")],
                        default="new",
                        max_length=10,
                    ),
                ),
                ("version", models.PositiveIntegerField()),
                ("revision", models.PositiveBigIntegerField()),
                ("verdicts", distribution.models.verdicts.VerdictsField()),
                ("facts", models.JSONField(default=dict)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("lead", "profile", "seq"), name="decision_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="CapUse",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "partner",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="cap_use",
                        to="partners.partner",
                    ),
                ),
                (
                    "assignment",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="cap_use",
                        to="distribution.assignment",
                    ),
                ),
                ("day", models.DateField()),
                ("week", models.DateField()),
                ("month", models.DateField()),
                ("day_used", models.PositiveIntegerField(default=0)),
                ("week_used", models.PositiveIntegerField(default=0)),
                ("month_used", models.PositiveIntegerField(default=0)),
                ("life_used", models.PositiveIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("partner", None), ("assignment", None), _connector="XOR"),
                        name="capuse_one_owner",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Turn",
            fields=[
                (
                    "profile",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to="distribution.profile",
                    ),
                ),
                ("state", models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="Idempotency",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "api_key",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="distribution.apikey",
                    ),
                ),
                ("token", models.CharField(max_length=255)),
                ("body_digest", models.BinaryField(max_length=32)),
                ("answer", models.JSONField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "indexes": [models.Index(fields=["created_at"], name="idempotency_age")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("api_key", "token"), name="idempotency_once", nulls_distinct=False
                    )
                ],
            },
        ),
    ]
