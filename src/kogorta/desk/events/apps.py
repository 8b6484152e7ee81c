"""Django application of the room."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """The room `events`."""

    name = "kogorta.desk.events"
    label = "events"
