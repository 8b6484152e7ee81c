"""Django application of the room."""

from django.apps import AppConfig


class JournalConfig(AppConfig):
    """The room `journal`."""

    name = "kogorta.desk.journal"
    label = "journal"
