"""Django application of the room."""

from django.apps import AppConfig


class BasesConfig(AppConfig):
    """The room `bases`; it has no tables."""

    name = "kogorta.desk.bases"
    label = "bases"
