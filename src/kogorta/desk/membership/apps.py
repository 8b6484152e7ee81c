"""Django application of the room."""

from django.apps import AppConfig


class MembershipConfig(AppConfig):
    """The room `membership`."""

    name = "kogorta.desk.membership"
    label = "membership"
