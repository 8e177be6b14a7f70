"""The smallest Django site that runs django-webhook. Lives in a venv of its own, knows nothing of ours."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webhook_site.settings")

app = Celery("webhook_site", broker=os.environ["SITE_BROKER"])
app.conf.task_ignore_result = True
app.conf.broker_connection_retry_on_startup = True
app.conf.worker_prefetch_multiplier = 4
app.set_default()
app.autodiscover_tasks(["django_webhook"])
