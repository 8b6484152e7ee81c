"""Django application of the room."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """The room `people`."""

    name = "kogorta.desk.people"
    label = "people"
