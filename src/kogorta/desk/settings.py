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
    "kogorta.desk.events",
    "kogorta.desk.imports",
    "kogorta.desk.personal",
    "kogorta.desk.duplicates",
    "kogorta.desk.rights",
    "kogorta.desk.segments",
    "kogorta.desk.customers",
    "kogorta.desk.moves",
    "kogorta.desk.membership",
    "kogorta.desk.reports",
    "kogorta.desk.api",
    "kogorta.desk.web",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "kogorta.desk.web.middleware.CompressPages",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "kogorta.desk.web.middleware.KeepSession",
    "kogorta.desk.web.middleware.SpeakLanguage",
    "kogorta.desk.web.middleware.StartFirst",
    "axes.middleware.AxesMiddleware",
    "kogorta.desk.web.middleware.TellErrors",
    "kogorta.desk.web.middleware.OneTransaction",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "kogorta.desk.web.context.layout",
            ],
            "builtins": ["kogorta.desk.web.templatetags.words"],
        },
    }
]
FORM_RENDERER = "kogorta.desk.forms.DeskRenderer"

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator", "OPTIONS": {"user_attributes": ("email", "name")}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

SESSION_ENGINE = "kogorta.desk.people.sessions"
SESSION_COOKIE_NAME = "kogorta_session"
SESSION_COOKIE_AGE = DESK.session_hours * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = DESK.https
CSRF_COOKIE_NAME = "kogorta_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = DESK.https
CSRF_FAILURE_VIEW = "kogorta.desk.errors.forgery"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

AXES_FAILURE_LIMIT = DESK.lockout_after
AXES_COOLOFF_TIME = timedelta(minutes=DESK.lockout_minutes)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_LOCKOUT_CALLABLE = "kogorta.desk.people.lockout.locked"
AXES_CLIENT_IP_CALLABLE = "kogorta.desk.people.lockout.address_of"
AXES_USERNAME_FORM_FIELD = "username"
AXES_SENSITIVE_PARAMETERS = ["username", "password"]
AXES_VERBOSE = False

LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = logging_settings()

OTP_TOTP_ISSUER = "Kogorta"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if DESK.https else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if DESK.behind_proxy else None
CSRF_TRUSTED_ORIGINS = [f"https://{host.lstrip('.')}" for host in DESK.hosts if host not in {"*", "[::1]"}] if DESK.https else []

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DESK.debug
WHITENOISE_MAX_AGE = 31_536_000
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "kogorta.desk.web.static_files.VersionedFiles"},
}
MEDIA_ROOT = str(DESK.files_folder)
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
TEST_RUNNER = "django.test.runner.DiscoverRunner"
SILENCED_SYSTEM_CHECKS: list[str] = []
