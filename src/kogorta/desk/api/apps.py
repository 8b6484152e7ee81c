"""Django application of the room."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The room `api`."""

    name = "kogorta.desk.api"
    label = "api"
