"""Writes about subscriptions: who asks for moves, where they go. Each is in the journal."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from kogorta.desk.journal.actions import record
from kogorta.desk.membership.addresses import check_address
from kogorta.desk.membership.models import Subscription
from kogorta.desk.membership.queries import find_subscription, find_watched, last_sequence
from kogorta.desk.people.authority import authorise
from kogorta.desk.people.permissions import Action

if TYPE_CHECKING:
    from kogorta.desk.people.models import User


def subscribe(by: User, address: str, segment: int | None = None) -> Subscription:
    """Send moves from now on to an address; of one segment or of all.

    Raises:
        DeskError: the address may not be used.
        NotFoundError: there is no such segment.
    """
    authorise(by, Action.MANAGE_TOKENS)
    if segment is not None:
        find_watched(segment)
    row = Subscription.objects.create(
        address=check_address(address), secret=secrets.token_urlsafe(32), segment=segment, cursor=last_sequence(), created_by=by
    )
    record(by, "subscription.made", f"subscription:{row.pk}")
    return row


def switch_subscription(by: User, subscription_id: int) -> Subscription:
    """Stop sending, or go on from where it stopped: nothing in between is lost."""
    authorise(by, Action.MANAGE_TOKENS)
    row = find_subscription(subscription_id)
    row.is_active, row.failures, row.next_at = not row.is_active, 0, None
    row.save(update_fields=["is_active", "failures", "next_at"])
    record(by, "subscription.switched", f"subscription:{row.pk}", details={"active": row.is_active})
    return row


def delete_subscription(by: User, subscription_id: int) -> None:
    """Send nothing to the address any more."""
    authorise(by, Action.MANAGE_TOKENS)
    find_subscription(subscription_id).delete()
    record(by, "subscription.deleted", f"subscription:{subscription_id}")
