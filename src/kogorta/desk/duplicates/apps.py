"""Django application of the room."""

from django.apps import AppConfig


class DuplicatesConfig(AppConfig):
    """The room `duplicates`."""

    name = "kogorta.desk.duplicates"
    label = "duplicates"
