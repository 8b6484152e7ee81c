"""Jobs of the room: let go of answers nobody asks for any more."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING

from kogorta.desk.api.actions import forget_old_answers
from kogorta.desk.jobs.registry import job
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.desk.jobs.context import JobContext


@job("interface.tidy", message("Let go of old answers of the interface"), daily_at=time(4, 30))
def tidy(context: JobContext) -> Mapping[str, object]:
    """Once a night."""
    with context.effect():
        return {"answers": forget_old_answers()}
