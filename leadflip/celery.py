"""The Celery app: periodic and side work as tasks, delivery by the engine that the worker hosts."""

import os

from celery import Celery

import delivery.control  # noqa: F401  # its import makes the remote command known

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadflip.settings")

app = Celery("leadflip")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add("delivery.bootstep:EngineStep")
