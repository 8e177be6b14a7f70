"""The engines' signs of life, and on each job the engine that claimed it last."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("delivery", "0005_job_told")]

    operations = [
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
            options={"verbose_name": "engine", "verbose_name_plural": "engines"},
        ),
        migrations.AddField("job", "engine", models.UUIDField(blank=True, null=True)),
    ]
