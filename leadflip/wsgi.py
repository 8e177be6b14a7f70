"""The WSGI application, served by granian with threads."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadflip.settings")

application = get_wsgi_application()
