"""The list for a person: pairs between the two thresholds, both cards side by side, and why they may be one, in words."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from kogorta.base.matching.comparisons import level_of
from kogorta.kit.errors import OptionError
from kogorta.kit.language import message

if TYPE_CHECKING:
    from pathlib import Path

    from kogorta.base.customer_base import CustomerBase
    from kogorta.base.matching.likely import Candidate, Duplicates
    from kogorta.kit.language import Language

HELD: Final = {
    "ambiguous": message("likely, but two cards that cannot be one are both like it"),
    "chain": message("likely, but the other cards of the group do not speak for it"),
    "size": message("likely, but the group would be too large"),
}
"""Why a likely pair was left to a person."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class ReviewRow:
    """A pair to decide.

    Args:
        probability: that the two are one customer.
        left_id: customer; with `right_id` what `kogorta base confirm` and `reject` take.
        left: name, phone, e-mail, city, birth date, INN of his card.
        right_id: the other customer.
        right: his card.
        evidence: what is the same and what differs, in words.
    """

    probability: float
    left_id: str
    left: str
    right_id: str
    right: str
    evidence: str


def review_rows(base: CustomerBase, found: Duplicates, words: Language) -> tuple[ReviewRow, ...]:
    """The pairs to decide, the likeliest first."""
    ids = sorted({card for pair in found.review for card in (pair.left, pair.right)})
    rows = base.connection.execute(
        """SELECT customer_id, concat_ws(', ', name, phone, email, city, CAST(birth_on AS VARCHAR), inn, kpp) FROM customers
        WHERE customer_id IN (SELECT unnest(?::VARCHAR[]))""",
        [ids],
    ).fetchall()
    cards = dict(rows)
    return tuple(
        ReviewRow(
            pair.probability, pair.left, cards.get(pair.left, ""), pair.right, cards.get(pair.right, ""), evidence_in_words(pair, words)
        )
        for pair in found.review
    )


def evidence_in_words(pair: Candidate, words: Language) -> str:
    """What is the same and what differs on two cards, and why a likely pair was held."""
    said = [words.phrase(level_of(pair.kind, trait, slug).text) for trait, slug in pair.evidence.items()]
    if pair.held:
        said.append(words.phrase(HELD[pair.held]))
    return "; ".join(said)


def write_review(path: Path, rows: tuple[ReviewRow, ...], words: Language) -> None:
    """Write the list as CSV or JSON, by the ending of the name.

    Raises:
        OptionError: another ending.
    """
    if path.suffix.lower() == ".json":
        path.write_text(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        return
    if path.suffix.lower() != ".csv":
        raise OptionError("{path} is neither .csv nor .json; name a file with one of the endings.", path=path)
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=words.csv_separator, lineterminator="\n")
        writer.writerow(["probability", "left_id", "left", "right_id", "right", "evidence"])
        for row in rows:
            cells = (row.left_id, row.left, row.right_id, row.right, row.evidence)
            writer.writerow([f"{row.probability:.4f}", *(f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells)])
