"""Settings of the site beside ours."""

import os

HOST, PORT, USER, PASSWORD = os.environ["SITE_DATABASE"].split(":")
SECRET_KEY = "bench"  # signs nothing
USE_TZ = True
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django_webhook"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "django_webhook",
        "HOST": HOST,
        "PORT": PORT,
        "USER": USER,
        "PASSWORD": PASSWORD,
        "CONN_MAX_AGE": None,
    }
}
DJANGO_WEBHOOK = {"STORE_EVENTS": True, "MODELS": []}
