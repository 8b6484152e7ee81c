"""Django application of the room."""

from django.apps import AppConfig


class CompanyConfig(AppConfig):
    """The room `company`."""

    name = "kogorta.desk.company"
    label = "company"
