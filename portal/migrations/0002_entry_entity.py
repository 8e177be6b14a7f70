from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0001_initial"),
        ("portal", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(model_name="entry", name="entry_partner"),
        migrations.AddField(
            model_name="entry",
            name="entity_id",
            field=models.PositiveBigIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["partner", "entity_id", "-id"], name="entry_partner"),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("review", "rejected"), models.Q(("reason", ""), _negated=True)),
                    models.Q(models.Q(("review", "rejected"), _negated=True), ("reason", "")),
                    _connector="OR",
                ),
                name="entry_rejected_for_a_reason",
            ),
        ),
    ]
