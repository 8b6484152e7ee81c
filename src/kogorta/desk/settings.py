"""Settings of Django, made from the one typed `Environment`."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from csp.constants import NONE, SELF
from django.utils.functional import lazy

from kogorta.desk.environment import Environment
from kogorta.desk.logs import logging_settings

DESK: Final = Environment.read()

SECRET_KEY = lazy(lambda: DESK.secret_key, str)()
DEBUG = DESK.debug
ALLOWED_HOSTS = list(DESK.hosts)
ROOT_URLCONF = "kogorta.desk.urls"
WSGI_APPLICATION = "kogorta.desk.wsgi.application"
DATABASES = {"default": DESK.database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = DESK.language
LANGUAGES = [("ru", "Русский"), ("en", "English")]
APPEND_SLASH = True

INSTALLED_APPS = [
    "kogorta.desk.company",
    "kogorta.desk.people",
    "kogorta.desk.journal",
    "kogorta.desk.jobs",
    "kogorta.desk.bases",
    "kogorta.desk.imports",
    "kogorta.desk.segments",
    "kogorta.desk.customers",
    "kogorta.desk.moves",
    "kogorta.desk.reports",
