"""Django application of the room."""

from django.apps import AppConfig


class RightsConfig(AppConfig):
    """The room `rights`; it has no tables."""

    name = "kogorta.desk.rights"
    label = "rights"
