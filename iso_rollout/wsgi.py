"""The entry for a WSGI server: `gunicorn iso_rollout.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iso_rollout.settings")
application = get_wsgi_application()
