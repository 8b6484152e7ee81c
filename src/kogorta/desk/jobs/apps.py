"""Django application of the room."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    """The room `jobs`."""

    name = "kogorta.desk.jobs"
    label = "jobs"

    def ready(self) -> None:
        """Read `handlers.py` of every room, where handlers are registered."""
        autodiscover_modules("handlers")
