"""Django application of the room."""

from django.apps import AppConfig


class MovesConfig(AppConfig):
    """The room `moves`; it has no tables: moves lie beside the snapshot they were counted with."""

    name = "kogorta.desk.moves"
    label = "moves"
