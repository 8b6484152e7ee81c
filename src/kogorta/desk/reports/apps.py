"""Django application of the room."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """The room `reports`."""

    name = "kogorta.desk.reports"
    label = "reports"
