"""Django application of the room."""

from django.apps import AppConfig


class MembershipConfig(AppConfig):
    """The room `membership`."""

    name = "kogorta.desk.membership"
    label = "membership"

    def ready(self) -> None:
        """Tell recorded moves to whoever counts a rule about them."""
        from kogorta.desk.membership.queries import latest_moves
        from kogorta.desk.segments.told_moves import tell_moves_by

        tell_moves_by(latest_moves)
