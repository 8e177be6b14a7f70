"""The WSGI application, served by granian with threads."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadflip.settings")

application = get_wsgi_application()
# What the process is made of stays; the collector need not look at it again with every thousand leads.
gc.collect()
gc.freeze()
