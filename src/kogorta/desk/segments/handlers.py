"""What the room does when a person is erased."""

from __future__ import annotations

from kogorta.desk.personal.forgetting import forgets
from kogorta.desk.segments.actions import make_nameless


@forgets("segments")
def forget(customer_ids: frozenset[str], nameless: str) -> None:
    """In frozen lists the nameless customer takes his place."""
    make_nameless(customer_ids, nameless)
