"""Jobs of the room: the nightly recount."""

from __future__ import annotations

import logging
from datetime import time
from typing import TYPE_CHECKING

from kogorta.desk.jobs.registry import job
from kogorta.desk.language import now
from kogorta.desk.membership.actions import forget_customer, note_differences
from kogorta.desk.membership.recount import recount
from kogorta.desk.personal.forgetting import forgets
from kogorta.kit.clock import EPOCH
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.desk.jobs.context import JobContext

log = logging.getLogger("kogorta.desk.membership")


@job("membership.recount", message("Recount all segments and compare"), most_attempts=3, daily_at=time(4, 30))
def compare(context: JobContext) -> Mapping[str, object]:
    """An alarm with customers named when the ticks and the recount differ; the watch then puts it right."""
    found_at = _moment()
    found = recount(found_at, context.check)
    if found is None:
        return {"compared": 0}
    with context.effect():
        note_differences(found.differences, found_at)
    for one in found.differences:
        log.error("memberships differ", extra={"segment": one.name, "customers": one.customers})
    return {"compared": found.customers * found.segments, "differences": sum(one.customers for one in found.differences)}


def _moment() -> int:
    passed = now() - EPOCH
    return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds


@forgets("membership")
def forget(customer_ids: frozenset[str], nameless: str) -> None:
    """His moves stay, nameless."""
    forget_customer(customer_ids, nameless)
