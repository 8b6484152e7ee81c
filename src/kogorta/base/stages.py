"""Won, lost, open or refunded: a proposal from the words of a localised stage name, which the user may override."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from kogorta.kit.checks import check_choice

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

STATUSES: Final = ("won", "lost", "open", "refunded")

_WORDS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("refunded", (r"возврат|возвращ|refund|chargeback|сторно",)),
    (
        "lost",
        (
            r"не\s*реализов|не\s*успе|неуспе|провал|отказ|проигр|отмен|потерян|слив|брак|дубл|удал[её]н|спам|не\s*целев|нецелев",
            r"закрыт\w* без|\blost\b|\blose\b|cancel|reject|declin|deleted|removed|fail|unqualified|junk",
        ),
    ),
    ("open", (r"не\s*(оплач|заверш|выполн|отгруж|доставл|закрыт)|неоплач|частичн|\bunpaid\b|\bnot (paid|complet|deliver)|partial",)),
    (
        "won",
        (
            r"успе[шх]|выигр|реализова|оплачен|оплата получена|заверш[её]н|выполнен|отгруж|доставлен|закрыт\w* (и )?успеш|продан",
            r"\bwon\b|\bwin\b|success|\bpaid\b|complet|deliver|shipped|fulfilled|^закрыта?$|^closed$",
        ),
    ),
    (
        "open",
        (
            r"нов|в работе|первичн|переговор|квалиф|сч[её]т|ожида|подготов|предлож|соглас|договор|звон|встреч|демо|неразобран|принима",
            r"думает|прав[оа]к|пауз|отложен|new|open|progress|negotiat|proposal|pending|invoice|contact|qualif|review",
        ),
    ),
)
"""Read from top to bottom: a denial («не оплачен») stands before the word it denies."""


def propose_status(stage: str) -> str | None:
    """The status a stage name speaks of, or None where its words say nothing.

    Args:
        stage: stage name as exported, in Russian or English.

    Returns:
        One of `won`, `lost`, `open`, `refunded`, or None.

    Example:
        >>> propose_status("Сделка успешна"), propose_status("Закрыто и не реализовано"), propose_status("Не оплачен")
        ('won', 'lost', 'open')
    """
    words = re.sub(r"\s+", " ", stage.strip().lower())
    for status, patterns in _WORDS:
        if any(re.search(pattern, words) for pattern in patterns):
            return status
    return None


def stage_key(stage: str) -> str:
    """What spellings of one stage have in common: spaces of any kind, the case and «ё» make no other stage.

    Example:
        >>> stage_key(" Счёт\N{NO-BREAK SPACE}выставлен ") == stage_key("счет выставлен")
        True
    """
    return " ".join(stage.split()).lower().replace("ё", "е")


def stage_statuses(stages: Iterable[str], given: Mapping[str, str] | None = None) -> dict[str, str | None]:
    """Status of every stage name; what the user gave wins over the proposal, for every spelling of the name.

    Raises:
        OptionError: a given status is not one of won, lost, open, refunded.
    """
    chosen = {stage_key(name): check_choice(f"status of stage {name!r}", value, STATUSES) for name, value in (given or {}).items()}
    return {stage: chosen.get(stage_key(stage), propose_status(stage)) for stage in stages}
