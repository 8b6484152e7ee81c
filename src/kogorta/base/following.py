"""What is known of customers beside their orders, events and consents: it goes where their identities go, and comes back with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.base.tables import KEYS, column_list

if TYPE_CHECKING:
    from kogorta.base.draft import Draft

FOLLOWERS: Final = ("events", "consents")
_NAMED: Final = "coalesce(entity_id, customer_id)"
"""The identity a row is about, as its source named it; whoever writes a row may leave it to the id of the customer."""


def follow_all(draft: Draft) -> None:
    """Put every row of the followers under the customer its identity belongs to now (`identity_map`)."""
    for name in FOLLOWERS:
        if draft.count(name):
            draft.replace(name, _followed(name))


def follow_moved(draft: Draft) -> None:
    """The same for the identities alone whose customer `identity_map` changes against `old_identity_map`."""
    draft.keep(
        "moved_identities",
        "SELECT entity_id FROM identity_map n JOIN old_identity_map o USING (entity_id) WHERE n.customer_id <> o.customer_id",
    )
    if not draft.count("moved_identities"):
        return
    moved = f"{_NAMED} IN (SELECT entity_id FROM moved_identities)"
    for name in FOLLOWERS:
        draft.keep(f"was_{name}", f"SELECT {column_list(name)} FROM {name} WHERE {moved}")
        if not draft.count(f"was_{name}"):
            continue
        draft.keep(f"now_{name}", _followed(f"was_{name}"))
        if name in KEYS:
            draft.keep_old((name,))
            draft.differ(name, KEYS[name], f"was_{name}", f"now_{name}")
        else:
            columns = column_list(name)
            draft.replace(
                name,
                f"SELECT {columns} FROM {name} WHERE ({moved}) IS NOT TRUE UNION ALL SELECT {columns} FROM now_{name}",
            )


def _followed(rows: str) -> str:
    named = "coalesce(f.entity_id, f.customer_id)"
    return f"""SELECT f.* REPLACE (coalesce(i.customer_id, {named}) AS customer_id, {named} AS entity_id)
        FROM {rows} f LEFT JOIN identity_map i ON i.entity_id = {named}"""
