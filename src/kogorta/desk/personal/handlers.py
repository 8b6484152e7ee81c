"""What the room does when a person is erased."""

from __future__ import annotations

from kogorta.desk.personal.actions import forget_consents
from kogorta.desk.personal.forgetting import forgets


@forgets("personal")
def forget(customer_ids: frozenset[str], nameless: str) -> None:  # noqa: ARG001
    """His consents go."""
    forget_consents(customer_ids)
