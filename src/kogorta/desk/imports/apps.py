"""Django application of the room."""

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    """The room `imports`."""

    name = "kogorta.desk.imports"
    label = "imports"

    def ready(self) -> None:
        """Read the jobs that stand in a file of their own."""
        from kogorta.desk.imports import demo  # noqa: F401
