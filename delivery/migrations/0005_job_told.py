"""Whether a job's end was told. What had ended before there was news is history: nobody waits for it."""

from django.db import migrations, models

FAILED = models.Q(told=False, status__in=["failed", "cancelled"])


class Migration(migrations.Migration):
    dependencies = [("delivery", "0004_job_room_for_updates")]

    operations = [
        migrations.AddField("job", "told", models.BooleanField(default=False)),
        migrations.RunSQL(
            "UPDATE delivery_job SET told = true WHERE status IN ('delivered', 'failed', 'cancelled')",
            migrations.RunSQL.noop,
        ),
        migrations.AddIndex("job", models.Index(fields=["id"], condition=FAILED, name="job_untold")),
    ]
