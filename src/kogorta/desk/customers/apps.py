"""Django application of the room."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """The room `customers`; it has no tables."""

    name = "kogorta.desk.customers"
    label = "customers"
