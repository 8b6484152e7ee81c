"""Members of segments at two moments: who entered and who left."""

from __future__ import annotations

from hashlib import md5
from typing import TYPE_CHECKING

from kogorta.engine.duck import read_sql
from kogorta.engine.table import Table
from kogorta.segments.summary import materialise

if TYPE_CHECKING:
    from kogorta.base.customer_base import CustomerBase


def membership_difference(base: CustomerBase, before: str, after: str) -> Table:
    """Compare two lists of members, whoever made them: the oracle of a membership kept up to date step by step.

    Args:
        base: the base whose engine holds the lists.
        before: table of our own with customer_id and segment.
        after: the later one.

    Returns:
        customer_id, segment, way (`entered`, `left`); no rows where both lists hold the same.
    """
    query = read_sql("segments", "membership_difference").replace("{before}", before).replace("{after}", after)
    name = f"membership_{md5(f'{before} {after}'.encode(), usedforsecurity=False).hexdigest()[:10]}"
    return Table(base.connection, materialise(base, name, query, {}), ("customer_id", "segment", "way"))
