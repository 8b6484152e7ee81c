"""Where the base of the desk lives, what state it is in, and how it is opened to be read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from kogorta.base.customer_base import CustomerBase
from kogorta.base.store import STATE_FILE
from kogorta.desk.settings import DESK


@dataclass(frozen=True)
class BaseState:
    """What is known of the base without opening it.

    Args:
        version: digest of the table versions of `base.json`; empty while nothing was imported.
        currency, time_zone: of the base; empty while nothing was imported.
    """

    version: str
    currency: str = ""
    time_zone: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was imported yet."""
        return not self.version


def base_state() -> BaseState:
    """The state of the base right now; costs the reading of one small file."""
    try:
        raw = json.loads((DESK.base_folder / STATE_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return BaseState("")
    if not raw.get("currency"):
        return BaseState("")  # every import was undone
    tables = json.dumps(raw.get("tables", {}), sort_keys=True)
    return BaseState(hashlib.sha256(tables.encode()).hexdigest()[:16], raw.get("currency") or "", raw.get("time_zone") or "")


def open_desk_base(memory: str = "1000MB") -> CustomerBase:
    """The base of the desk in a connection of its own: one consistent state of all tables.

    Jobs write through it (`CustomerBase.add` takes the lock of the base); pages read snapshots instead, because opening takes tens of
    milliseconds and segments are not computed yet.
    """
    return CustomerBase(DESK.base_folder, memory=memory)


def open_desk_base_twice() -> tuple[CustomerBase, CustomerBase]:
    """Two connections to one state of the base of the desk."""
    while True:
        one, other = open_desk_base(), open_desk_base()
        if one.versions == other.versions:
            return one, other
        for base in (one, other):  # somebody wrote in between
            base.connection.close()
