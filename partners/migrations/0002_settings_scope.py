from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("partners", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="deliverysettings",
            name="scope",
            field=models.CharField(blank=True, default="", editable=False, max_length=40),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="deliverysettings",
            constraint=models.UniqueConstraint(fields=("partner", "kind", "scope"), name="settings_once"),
        ),
    ]
