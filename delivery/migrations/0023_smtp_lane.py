"""All e-mail is slowed like any destination, also by SMTP_URL: what told of it instead is over."""

import django.db.models.deletion
from django.db import migrations, models


TOLD = """
UPDATE delivery_alert SET kind = 'lane_open', closed_at = coalesce(closed_at, now()) WHERE kind = 'smtp_down'
"""


class Migration(migrations.Migration):

    dependencies = [
        ('delivery', '0022_move'),
    ]

    operations = [
        migrations.RunSQL(TOLD, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='lane',
            name='smtp',
            field=models.OneToOneField(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='delivery.smtpaccount'),
        ),
    ]
