from django.db import migrations

# What was answered before there were sums.
BEFORE = """
INSERT INTO distribution_answerday (partner_id, profile_id, day, review, reason, leads)
SELECT job.partner_id, assignment.profile_id, (entry.answered_at AT TIME ZONE 'UTC')::date,
       entry.review, entry.reason, count(*)
FROM portal_entry entry
JOIN delivery_job job ON job.id = entry.id
JOIN distribution_assignment assignment ON assignment.id = job.assignment_id
WHERE entry.answered_at > now() - interval '400 days'
GROUP BY 1, 2, 3, 4, 5
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0023_smtp_lane"),
        ("distribution", "0018_answer_days"),
        ("portal", "0009_addresses"),
    ]

    operations = [migrations.RunSQL(BEFORE, migrations.RunSQL.noop)]
