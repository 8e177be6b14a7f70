"""A job's row is updated at least twice: leave room on its page, so that updates stay on it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("delivery", "0003_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE delivery_job SET (fillfactor = 85)",
            "ALTER TABLE delivery_job RESET (fillfactor)",
        )
    ]
