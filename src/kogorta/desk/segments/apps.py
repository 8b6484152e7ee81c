"""Django application of the room."""

from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    """The room `segments`."""

    name = "kogorta.desk.segments"
    label = "segments"
