"""Django application of the room."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The room `web`."""

    name = "kogorta.desk.web"
    label = "web"
