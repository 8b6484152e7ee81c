"""Finding customers by part of a name, an e-mail, a phone or an INN; who was found for a text is remembered."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.segments.rules.fields import fold

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from kogorta.desk.bases.snapshots import Snapshot

_MOST_KEPT: Final = 32
MOST_NAMESAKES: Final = 10
LONGEST: Final = 200
_lock = threading.Lock()
_found: OrderedDict[tuple[Path, str, bool], NDArray[np.int64]] = OrderedDict()


def numbers_found(snapshot: Snapshot, text: str, *, with_contacts: bool) -> NDArray[np.int64]:
    """Numbers (`customer_no`) of the customers a text finds; asked again, as each further page does, it is answered from memory.

    Args:
        snapshot: the base.
        text: part of a name, an id, or the beginning of an INN; with contacts part of an e-mail or of a phone too.
        with_contacts: whether e-mails and phones may be searched in.
    """
    key = (snapshot.folder, text, with_contacts)
    with _lock:
        if key in _found:
            _found.move_to_end(key)
            return _found[key]
    cursor = snapshot.cursor()
    where, bound = _where(text, with_contacts=with_contacts)
    found = cursor.execute(f"SELECT customer_no FROM customers WHERE {where}", bound).fetchnumpy()["customer_no"]
    with _lock:
        _found[key] = found
        while len(_found) > _MOST_KEPT:
            _found.popitem(last=False)
    return found


@dataclass(frozen=True)
class Namesake:
    """Somebody a text may mean."""

    customer_id: str
    name: str | None


def named(snapshot: Snapshot, text: str, *, with_contacts: bool) -> tuple[Namesake, ...]:
    """Whom a text means: the one with this id, else those a search finds, largest first, no more than `MOST_NAMESAKES`."""
    cursor = snapshot.cursor()
    rows = cursor.execute("SELECT customer_id, name FROM customers WHERE customer_id = $id", {"id": text}).fetchall()
    if not rows:
        cursor.register("numbers_found", {"customer_no": numbers_found(snapshot, text[:LONGEST], with_contacts=with_contacts)})
        rows = cursor.execute(
            f"""SELECT customer_id, name FROM customers WHERE customer_no IN (SELECT customer_no FROM numbers_found)
            ORDER BY monetary DESC, customer_id LIMIT {MOST_NAMESAKES}"""
        ).fetchall()
    return tuple(Namesake(*row) for row in rows)


def _where(text: str, *, with_contacts: bool) -> tuple[str, dict[str, object]]:
    bound: dict[str, object] = {"q": fold(text), "q_id": text}
    found = ["contains(name_key, $q)", "customer_id = $q_id", "starts_with(inn_key, $q)"]
    if with_contacts:
        found.append("contains(email_key, $q)")
        digits = "".join(letter for letter in text if letter in "0123456789")
        if len(digits) >= 4 and not any(letter.isalpha() for letter in text):
            bound["q_phone"] = digits[1:] if len(digits) == 11 and digits[0] in "78" else digits
            found.append("contains(phone, $q_phone)")
    return " OR ".join(found), bound
