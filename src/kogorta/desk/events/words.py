"""One event in the reader's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.kit.language import message
from kogorta.segments.rules.fields import fold

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.kit.language import Language

KINDS: Final[Mapping[str, str]] = {
    "email_open": message("letter opened"),
    "email_click": message("click in a letter"),
    "email_bounce": message("letter bounced"),
    "email_unsubscribe": message("unsubscription"),
    "complaint": message("complaint to support"),
    "review": message("review"),
    "referral": message("friend brought"),
    "page_view": message("page of the site viewed"),
    "visit": message("visit to the site"),
    "cart": message("something put into the cart"),
    "support": message("request to support"),
    "order": message("order"),
    "refund": message("refund"),
}


def event_word(language: Language, kind: str) -> str:
    """What happened; the name itself in quotation marks for a type of one's own."""
    known = KINDS.get(fold(kind))
    return language.text(known) if known else language.text("event “{name}”", name=kind)
