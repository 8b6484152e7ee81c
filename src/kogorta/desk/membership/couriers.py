"""Writes of the courier: moves carried to the addresses that asked, by sequence, signed, again after a growing pause until confirmed."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import connection
from django.db.models import Q

from kogorta.desk.language import now
from kogorta.desk.membership.addresses import UnreachableError, post
from kogorta.desk.membership.models import Subscription, Transition, Watch
from kogorta.desk.membership.queries import last_sequence, transitions_after
from kogorta.desk.membership.shown import documents

if TYPE_CHECKING:
    import threading

log = logging.getLogger("kogorta.desk.membership")
MOST_MOVES: Final = 500
"""Moves carried by one request."""
LONGEST_PAUSE: Final = timedelta(hours=1)
_PAUSE: Final = 1.0


def signature(secret: str, moment: int, body: bytes) -> str:
    """What a receiver compares: HMAC-SHA256 of `moment.body` under the secret of the subscription.

    Example:
        >>> signature("secret", 1, b"{}")[:12]
        't=1,v1=7e1d9'
    """
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


class Courier:
    """Carries while the watch of this token is held.

    Args:
        token: of the watch.
    """

    def __init__(self, token: int) -> None:
        self._token = token

    def run(self, over: threading.Event) -> None:
        """Carry until `over`."""
        try:
            while not over.wait(_PAUSE):
                try:
                    self.carry()
                except Exception:
                    log.exception("moves could not be carried")
        finally:
            connection.close()

    def carry(self) -> int:
        """One round over all subscriptions; returns how many moves were confirmed."""
        if not Watch.objects.filter(token=self._token).exists():
            return 0
        last, carried = last_sequence(), 0
        rows = Subscription.objects.filter(Q(next_at=None) | Q(next_at__lte=now()), is_active=True, cursor__lt=last)
        for row in list(rows):
            carried += self._serve(row, last)
        return carried

    def _serve(self, row: Subscription, last: int) -> int:
        carried = 0
        while True:
            moves = transitions_after(row.cursor, MOST_MOVES, row.segment)
            if not moves:
                Subscription.objects.filter(pk=row.pk, cursor=row.cursor).update(cursor=last)
                return carried
            if not self._send(row, moves):
                return carried
            carried += len(moves)
            row.cursor = moves[-1].sequence
            if len(moves) < MOST_MOVES:
                return carried

    def _send(self, row: Subscription, moves: list[Transition]) -> bool:
        key = f"{row.pk}-{moves[0].sequence}-{moves[-1].sequence}"
        body = json.dumps({"key": key, "transitions": documents(moves)}, ensure_ascii=False).encode()
        moment = int(time.time())
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Kogorta",
            "Kogorta-Key": key,
            "Kogorta-Signature": signature(row.secret, moment, body),
        }
        try:
            status = post(row.address, body, headers)
            answer, good = str(status), 200 <= status < 300
        except UnreachableError as error:
            answer, good = str(error), False
        held = Subscription.objects.filter(pk=row.pk, cursor=row.cursor)
        if good:
            return bool(held.update(cursor=moves[-1].sequence, failures=0, next_at=None, last_answer=answer, last_at=now()))
        row.failures += 1
        pause = min(timedelta(seconds=2 ** min(row.failures, 12)), LONGEST_PAUSE)
        held.update(failures=row.failures, next_at=now() + pause, last_answer=answer[:200], last_at=now())
        log.warning("moves were not confirmed", extra={"subscription": row.pk, "answer": answer, "failures": row.failures})
        return False
