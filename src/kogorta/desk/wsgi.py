"""The web application for a WSGI server."""

import os
import signal

from django.core.wsgi import get_wsgi_application

from kogorta.desk.lifeline import follow

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kogorta.desk.settings")

if server := os.environ.get("KOGORTA_WEB_SERVER"):
    follow(int(server), signal.SIGKILL)  # else it would go on holding the port of a server that was killed

_pages = get_wsgi_application()

from kogorta.desk.api.quick_intake import with_quick_intake  # noqa: E402  the applications must be loaded first

application = with_quick_intake(_pages)
