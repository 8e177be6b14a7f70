import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import leadflip.kit.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("delivery", "0001_initial"),
        ("delivery", "0002_initial"),
        ("delivery", "0003_initial"),
        ("delivery", "0004_job_room_for_updates"),
        ("delivery", "0005_job_told"),
        ("delivery", "0006_engine"),
        ("delivery", "0007_lane_health"),
        ("delivery", "0008_act_on_jobs"),
        ("delivery", "0009_smtp_password_change"),
        ("delivery", "0010_caps"),
        ("delivery", "0011_bounces"),
        ("delivery", "0012_pause"),
        ("delivery", "0013_hourly"),
        ("delivery", "0014_plans"),
        ("delivery", "0015_hourly_by_lane"),
        ("delivery", "0016_erasure"),
        ("delivery", "0017_bulk_actions"),
        ("delivery", "0018_in_doubt"),
    ]

    initial = True

    dependencies = [
        ("distribution", "0001_squashed_0013_reveal_leads"),
        ("partners", "0001_squashed_0006_audit_log"),
    ]

    operations = [
        migrations.CreateModel(
            name="Job",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=leadflip.kit.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="jobs",
                        to="distribution.lead",
                    ),
                ),
                (
                    "assignment",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="jobs",
                        to="distribution.assignment",
                    ),
                ),
                ("profile_version", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "partner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="jobs",
                        to="partners.partner",
                    ),
                ),
                (
                    "settings",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="jobs",
                        to="partners.deliverysettings",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("email", "Email"), ("webhook", "Webhook"), ("portal", "Portal")],
                        max_length=10,
                        verbose_name="channel",
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
                    ),
                ),
                (
                    "price",
                    models.DecimalField(
                        blank=True, decimal_places=4, max_digits=12, null=True, verbose_name="price"
                    ),
                ),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("test", models.BooleanField(default=False, verbose_name="test")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("sending", "Sending"),
                            ("retrying", "Retrying"),
                            ("delivered", "Delivered"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="queued",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0, verbose_name="attempts")),
                ("budget_from", models.PositiveIntegerField(default=0)),
                ("budget_due", models.DateTimeField(default=django.utils.timezone.now)),
                ("next_attempt_at", models.DateTimeField(blank=True, null=True, verbose_name="next attempt")),
                ("claim_token", models.UUIDField(blank=True, null=True)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("engine", models.UUIDField(blank=True, null=True)),
                ("counted_on", models.DateField(blank=True, null=True)),
                ("had_unknown", models.BooleanField(default=False)),
                ("told", models.BooleanField(default=False)),
                ("last_outcome", models.CharField(blank=True, max_length=13)),
                ("last_code", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="code")),
                ("last_error_class", models.CharField(blank=True, max_length=20, verbose_name="error class")),
                ("last_error", models.CharField(blank=True, max_length=500, verbose_name="last error")),
                ("recipients", models.JSONField(blank=True, null=True)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="created"),
                ),
                ("settled_at", models.DateTimeField(blank=True, null=True, verbose_name="settled")),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                ("erased", models.BooleanField(db_default=False, default=False, editable=False)),
            ],
            options={
                "verbose_name": "distribution job",
                "verbose_name_plural": "distribution jobs",
                "permissions": [("act_job", "Can act on distribution jobs")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status__in", ["queued", "retrying"])),
                        fields=["settings", "next_attempt_at"],
                        name="job_due",
                    ),
                    models.Index(
                        condition=models.Q(("status", "sending")), fields=["lease_until"], name="job_leased"
                    ),
                    models.Index(fields=["partner", "-id"], name="job_partner"),
                    models.Index(fields=["assignment", "-id"], name="job_assignment"),
                    models.Index(
                        condition=models.Q(("status__in", ["failed", "cancelled"])),
                        fields=["partner", "-id"],
                        name="job_partner_badly",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("status__in", ["queued", "sending", "retrying", "failed", "cancelled"])
                        ),
                        fields=["status", "-id"],
                        name="job_undelivered",
                    ),
                    models.Index(
                        condition=models.Q(("last_error_class", ""), _negated=True),
                        fields=["last_error_class", "-id"],
                        name="job_error",
                    ),
                    models.Index(
                        condition=models.Q(("last_code__gte", 300)),
                        fields=["last_code", "-id"],
                        name="job_code",
                    ),
                    models.Index(condition=models.Q(("test", True)), fields=["-id"], name="job_tests"),
                    models.Index(
                        condition=models.Q(("had_unknown", True), ("status", "failed")),
                        fields=["-id"],
                        name="job_in_doubt",
                    ),
                    models.Index(
                        condition=models.Q(("status__in", ["failed", "cancelled"]), ("told", False)),
                        fields=["id"],
                        name="job_untold",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("lead", "assignment"), name="job_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                ["queued", "sending", "retrying", "delivered", "failed", "cancelled"],
                            )
                        ),
                        name="job_status",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("next_attempt_at__isnull", False), ("status__in", ["queued", "retrying"])
                            ),
                            models.Q(
                                models.Q(("status__in", ["queued", "retrying"]), _negated=True),
                                ("next_attempt_at", None),
                            ),
                            _connector="OR",
                        ),
                        name="job_waiting_is_due",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("claim_token__isnull", False),
                                ("lease_until__isnull", False),
                                ("status", "sending"),
                            ),
                            models.Q(
                                models.Q(("status", "sending"), _negated=True),
                                ("claim_token", None),
                                ("lease_until", None),
                            ),
                            _connector="OR",
                        ),
                        name="job_sending_is_leased",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("settled_at__isnull", False),
                                ("status__in", ["delivered", "failed", "cancelled"]),
                            ),
                            models.Q(
                                models.Q(("status__in", ["delivered", "failed", "cancelled"]), _negated=True),
                                ("settled_at", None),
                            ),
                            _connector="OR",
                        ),
                        name="job_settled_at",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("test", False), ("assignment", None), _connector="OR"),
                        name="job_test_unassigned",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="tries", to="delivery.job"
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="number")),
                ("late", models.BooleanField(default=False, verbose_name="late")),
                ("started_at", models.DateTimeField(verbose_name="started")),
                ("ms", models.PositiveIntegerField(blank=True, null=True, verbose_name="milliseconds")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("delivered", "Delivered"),
                            ("temporary", "Failed for now"),
                            ("permanent", "Refused for good"),
                            ("configuration", "Configuration error"),
                            ("unknown", "Unknown"),
                            ("internal", "Internal error"),
                        ],
                        max_length=13,
                        verbose_name="outcome",
                    ),
                ),
                ("code", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="code")),
                ("error_class", models.CharField(blank=True, max_length=20, verbose_name="error class")),
                ("error", models.CharField(blank=True, max_length=500, verbose_name="error")),
                ("address", models.CharField(blank=True, max_length=64, verbose_name="address")),
            ],
            options={
                "verbose_name": "attempt",
                "verbose_name_plural": "attempts",
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(
                        autosummarize=True, fields=["started_at"], name="attempt_started", pages_per_range=16
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("job", "number", "late"), name="attempt_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "outcome__in",
                                [
                                    "delivered",
                                    "temporary",
                                    "permanent",
                                    "configuration",
                                    "unknown",
                                    "internal",
                                ],
                            )
                        ),
                        name="attempt_outcome",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AttemptBody",
            fields=[
                (
                    "attempt",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="body",
                        serialize=False,
                        to="delivery.attempt",
                    ),
                ),
                ("sealed", models.BinaryField()),
            ],
            options={
                "verbose_name": "attempt body",
                "verbose_name_plural": "attempt bodies",
            },
        ),
        migrations.CreateModel(
            name="BounceBox",
            fields=[
                ("sealed", models.BinaryField(blank=True, null=True)),
                ("sealed_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "sealed_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "id",
                    models.PositiveSmallIntegerField(
                        default=1, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("host", models.CharField(blank=True, max_length=255, verbose_name="host")),
                (
                    "port",
                    models.PositiveIntegerField(
                        default=993,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(65535),
                        ],
                        verbose_name="port",
                    ),
                ),
                (
                    "security",
                    models.CharField(
                        choices=[
                            ("tls", "TLS from the start (port 993)"),
                            ("starttls", "STARTTLS, required (port 143)"),
                        ],
                        default="tls",
                        max_length=8,
                        verbose_name="security",
                    ),
                ),
                ("user", models.CharField(blank=True, max_length=255, verbose_name="user")),
                ("folder", models.CharField(default="INBOX", max_length=100, verbose_name="folder")),
                (
                    "processed",
                    models.CharField(
                        default="Processed",
                        help_text="Mails are moved there, never deleted. On some servers: INBOX.Processed.",
                        max_length=100,
                        verbose_name="folder for what was read",
                    ),
                ),
                (
                    "read_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="last read"),
                ),
                ("read_count", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "error",
                    models.CharField(blank=True, editable=False, max_length=500, verbose_name="last error"),
                ),
                ("error_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("reading_until", models.DateTimeField(blank=True, editable=False, null=True)),
                ("inlet_digest", models.BinaryField(blank=True, null=True)),
                ("inlet_prefix", models.CharField(blank=True, editable=False, max_length=12)),
                ("inlet_made_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("inlet_used_at", models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                "verbose_name": "bounce settings",
                "verbose_name_plural": "bounces",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="bounce_box_one_row")
                ],
            },
        ),
        migrations.CreateModel(
            name="BounceMail",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("received_at", models.DateTimeField(verbose_name="received")),
                (
                    "inlet",
                    models.CharField(
                        choices=[("imap", "Mailbox"), ("http", "HTTP address")],
                        max_length=4,
                        verbose_name="way in",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("failed", "Bounce"),
                            ("delayed", "Delay note"),
                            ("auto", "Automatic answer"),
                            ("other", "Other mail"),
                            ("unreadable", "Not readable"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "effect",
                    models.CharField(
                        choices=[
                            ("job_failed", "Job failed"),
                            ("recipient", "One recipient struck off"),
                            ("noted", "Kept with its job"),
                            ("repeated", "Known already"),
                            ("waiting", "Waits for the attempt’s end"),
                            ("unmatched", "Belongs to no job"),
                            ("forged", "Signature wrong or too old"),
                        ],
                        max_length=10,
                        verbose_name="what became of it",
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bounces",
                        to="delivery.job",
                    ),
                ),
                ("words", models.CharField(blank=True, max_length=500, verbose_name="in short")),
                ("size", models.PositiveIntegerField(verbose_name="size")),
                ("digest", models.BinaryField()),
                ("sealed_head", models.BinaryField()),
                ("sealed", models.BinaryField()),
            ],
            options={
                "verbose_name": "returned mail",
                "verbose_name_plural": "returned mails",
                "indexes": [
                    models.Index(
                        condition=models.Q(("effect", "waiting")), fields=["id"], name="bounce_waiting"
                    ),
                    models.Index(fields=["effect", "-id"], name="bounce_effects"),
                    models.Index(fields=["received_at"], name="bounce_received"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("digest",), name="bounce_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["failed", "delayed", "auto", "other", "unreadable"])
                        ),
                        name="bounce_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "effect__in",
                                [
                                    "job_failed",
                                    "recipient",
                                    "noted",
                                    "repeated",
                                    "waiting",
                                    "unmatched",
                                    "forged",
                                ],
                            )
                        ),
                        name="bounce_effect",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BulkAction",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=leadflip.kit.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("resend", "Resend"),
                            ("try-now", "Try now"),
                            ("cancel", "Cancel"),
                            ("not-received", "Not received"),
                        ],
                        max_length=12,
                        verbose_name="action",
                    ),
                ),
                ("filter", models.TextField()),
                ("again", models.BooleanField(default=False)),
                ("cursor", models.UUIDField()),
                ("upto", models.UUIDField()),
                ("total", models.PositiveIntegerField(verbose_name="jobs")),
                ("done", models.PositiveIntegerField(default=0, verbose_name="done")),
                ("skipped", models.PositiveIntegerField(default=0, verbose_name="skipped")),
                ("refusals", models.JSONField(default=dict)),
                ("tails", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "Running"), ("done", "Done"), ("stopped", "Stopped")],
                        default="running",
                        max_length=8,
                        verbose_name="state",
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
                (
                    "started_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="started"),
                ),
                ("moved_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended_at", models.DateTimeField(null=True, verbose_name="ended")),
            ],
            options={
                "verbose_name": "bulk action",
                "verbose_name_plural": "bulk actions",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("state", "running")),
                            models.Q(
                                models.Q(("state", "running"), _negated=True), ("ended_at__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="bulkaction_ended_when_over",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "running")),
                        fields=("act", "filter"),
                        name="bulkaction_one_pass",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BulkSkip",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "action",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="skips",
                        to="delivery.bulkaction",
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="delivery.job",
                    ),
                ),
                (
                    "refusal",
                    models.CharField(
                        choices=[
                            (
                                "sending",
                                "It is being sent at this moment. Look again when the attempt has ended.",
                            ),
                            (
                                "waiting",
                                "It waits for its next attempt already. “Try now” brings that forward.",
                            ),
                            ("settled", "It has ended. “Resend” begins again."),
                            ("delivered", "The partner has it. Say that it is to be sent once more."),
                            ("inactive", "The partner is inactive. Make it active, then resend."),
                            (
                                "capped",
                                "A cap of the partner or of its place in the profile is full. Raise it, or wait.",
                            ),
                            (
                                "test",
                                "A test is sent once. Send another one where the delivery settings are.",
                            ),
                            (
                                "erased",
                                "The lead’s values are gone: erased, or too old to be kept. Nothing can be sent.",
                            ),
                            ("not_in_doubt", "No failed attempt of it is in doubt: nothing is kept back."),
                        ],
                        max_length=12,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["action", "-id"], name="bulkskip_of_action")],
            },
        ),
        migrations.CreateModel(
            name="Engine",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("host", models.CharField(max_length=255, verbose_name="host")),
                ("pid", models.PositiveIntegerField(verbose_name="process")),
                ("started_at", models.DateTimeField(verbose_name="started")),
                ("seen_at", models.DateTimeField(verbose_name="seen")),
                ("clock_off", models.FloatField(default=0, verbose_name="clock off")),
                ("in_flight", models.PositiveIntegerField(default=0, verbose_name="in flight")),
            ],
            options={
                "verbose_name": "engine",
                "verbose_name_plural": "engines",
            },
        ),
        migrations.CreateModel(
            name="Hourly",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("hour", models.DateTimeField()),
                (
                    "settings",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hours",
                        to="partners.deliverysettings",
                    ),
                ),
                ("delivered", models.PositiveIntegerField(default=0)),
                ("temporary", models.PositiveIntegerField(default=0)),
                ("permanent", models.PositiveIntegerField(default=0)),
                ("configuration", models.PositiveIntegerField(default=0)),
                ("unknown", models.PositiveIntegerField(default=0)),
                ("internal", models.PositiveIntegerField(default=0)),
                ("times", models.JSONField(default=dict)),
                ("p95", models.PositiveIntegerField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["hour", "-p95"], name="hourly_slowest")],
                "constraints": [models.UniqueConstraint(fields=("settings", "hour"), name="hourly_once")],
            },
        ),
        migrations.CreateModel(
            name="Counted",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("mark", models.BigIntegerField(default=0)),
                ("top", models.BigIntegerField(default=0)),
                ("top_at", models.DateTimeField(null=True)),
                ("rest_until", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="counted_one_row")
                ],
            },
        ),
        migrations.CreateModel(
            name="SmtpAccount",
            fields=[
                ("sealed", models.BinaryField(blank=True, null=True)),
                ("sealed_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "sealed_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "id",
                    models.PositiveSmallIntegerField(
                        default=1, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("host", models.CharField(max_length=255, verbose_name="host")),
                (
                    "port",
                    models.PositiveIntegerField(
                        default=587,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(65535),
                        ],
                        verbose_name="port",
                    ),
                ),
                (
                    "security",
                    models.CharField(
                        choices=[
                            ("tls", "TLS from the start (port 465)"),
                            ("starttls", "STARTTLS, required (port 587)"),
                            ("none", "None: in clear, without password"),
                        ],
                        default="starttls",
                        max_length=8,
                        verbose_name="security",
                    ),
                ),
                ("user", models.CharField(blank=True, max_length=255, verbose_name="user")),
                (
                    "from_address",
                    models.CharField(
                        help_text="Such as “Leads <leads@example.com>” or leads@example.com.",
                        max_length=320,
                        verbose_name="from",
                    ),
                ),
                (
                    "connections",
                    models.PositiveSmallIntegerField(
                        default=2,
                        help_text="Most connections that one worker opens to this server.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(20),
                        ],
                        verbose_name="connections",
                    ),
                ),
                ("bounce_domain", models.CharField(blank=True, max_length=190, verbose_name="bounce domain")),
            ],
            options={
                "verbose_name": "SMTP account",
                "verbose_name_plural": "e-mail settings",
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="smtp_one_row")],
            },
        ),
        migrations.CreateModel(
            name="Lane",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "settings",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lane",
                        to="partners.deliverysettings",
                    ),
                ),
                (
                    "smtp",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="delivery.smtpaccount",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("closed", "Delivering"),
                            ("open", "Slowed"),
                            ("probing", "Being tried"),
                            ("ramp", "Recovering"),
                        ],
                        default="closed",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("failures", models.PositiveIntegerField(default=0, verbose_name="failures in a row")),
                ("failing_since", models.DateTimeField(blank=True, null=True, verbose_name="failing since")),
                ("opens", models.PositiveIntegerField(default=0)),
                ("open_until", models.DateTimeField(blank=True, null=True, verbose_name="next probe")),
                ("ramp", models.PositiveSmallIntegerField(default=0)),
                ("paused_at", models.DateTimeField(blank=True, null=True, verbose_name="paused since")),
                (
                    "paused_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("resumed_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "lane",
                "verbose_name_plural": "lanes",
                "permissions": [("act_lane", "Can pause and resume destinations")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("settings", None), ("smtp__isnull", False)),
                            models.Q(("settings__isnull", False), ("smtp", None)),
                            _connector="OR",
                        ),
                        name="lane_of_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["open", "probing"]), _negated=True),
                            ("open_until__isnull", False),
                            _connector="OR",
                        ),
                        name="lane_open_until",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("paused_by", None), ("paused_at__isnull", False), _connector="OR"
                        ),
                        name="lane_paused_at",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=20, verbose_name="kind")),
                ("key", models.CharField(max_length=40, verbose_name="key")),
                ("text", models.CharField(blank=True, max_length=500, verbose_name="text")),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="opened")),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
            ],
            options={
                "verbose_name": "alert",
                "verbose_name_plural": "alerts",
                "indexes": [models.Index(fields=["key", "-opened_at"], name="alert_recent")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at", None)),
                        fields=("kind", "key"),
                        name="alert_open_once",
                    )
                ],
            },
        ),
        migrations.RunSQL(
            sql="ALTER TABLE delivery_job SET (fillfactor = 85)",
            reverse_sql="ALTER TABLE delivery_job RESET (fillfactor)",
        ),
    ]
