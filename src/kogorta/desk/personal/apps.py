"""Django application of the room."""

from django.apps import AppConfig


class PersonalConfig(AppConfig):
    """The room `personal`."""

    name = "kogorta.desk.personal"
    label = "personal"
