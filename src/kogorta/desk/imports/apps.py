"""Django application of the room."""

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    """The room `imports`."""

    name = "kogorta.desk.imports"
    label = "imports"
