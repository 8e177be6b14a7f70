from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('delivery', '0007_lane_health'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='job',
            options={
                'permissions': [('act_job', 'Can act on distribution jobs')],
                'verbose_name': 'distribution job',
                'verbose_name_plural': 'distribution jobs',
            },
        ),
    ]
