"""What the search for likely duplicates found, kept beside the snapshots; it names people, so it goes when one of them is erased."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from kogorta.desk.settings import DESK
from kogorta.kit.errors import InputError
from kogorta.kit.language import LANGUAGES, Language

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kogorta.base.customer_base import CustomerBase
    from kogorta.base.matching.likely import Candidate, Duplicates
    from kogorta.segments.merge_effect import MergeEffect


@dataclass(frozen=True)
class FoundPair:
    """Two records that may be one: ids, what stands on the cards, and why, code of the language -> words."""

    left_id: str
    left: str
    right_id: str
    right: str
    probability: float
    why: Mapping[str, str]


@dataclass(frozen=True)
class Found:
    """What was found in one state of the base.

    Args:
        version: the state.
        customers: how many were compared.
        threshold: probability from which a pair would be joined without asking.
        expected_false: how many of those joints are wrong, by their probabilities.
        joints: pairs likely enough to be joined; `left` is kept.
        review: pairs for a person to decide, the likeliest first.
        effect: what joining all joints would do; None where nothing was bought, or nothing would be joined.
    """

    version: str
    customers: int
    threshold: float
    expected_false: float
    joints: tuple[FoundPair, ...]
    review: tuple[FoundPair, ...]
    effect: Mapping[str, Any] | None


def _file() -> Path:
    return DESK.snapshots_folder / "duplicates.json"


def keep_found(base: CustomerBase, version: str, found: Duplicates, effect: MergeEffect | None) -> None:
    """Keep what was found, whole or not at all."""
    ids = sorted(
        {*(side for pair in found.review for side in (pair.left, pair.right)), *(s for j in found.joints for s in (j.kept, j.merged))}
    )
    cards = dict(
        base.connection.execute(
            """SELECT customer_id, concat_ws(', ', name, phone, email, city, CAST(birth_on AS VARCHAR), inn, kpp) FROM customers
            WHERE customer_id IN (SELECT unnest(?::VARCHAR[]))""",
            [ids],
        ).fetchall()
    )

    def pair(left: str, right: str, because: Candidate) -> FoundPair:
        from kogorta.base.matching.review import evidence_in_words

        why = {code: evidence_in_words(because, Language("en" if code == "en" else "ru")) for code in LANGUAGES}
        return FoundPair(left, cards.get(left, left), right, cards.get(right, right), because.probability, why)

    kept = Found(
        version,
        found.customers,
        found.threshold,
        found.expected_false,
        tuple(pair(joint.kept, joint.merged, joint.because) for joint in found.joints),
        tuple(pair(one.left, one.right, one) for one in found.review),
        asdict(effect) if effect is not None and found.joints else None,
    )
    target = _file()
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_suffix(".new")
    new.write_text(json.dumps(asdict(kept), ensure_ascii=False, default=str), encoding="utf-8")
    new.chmod(0o600)
    new.replace(target)


def read_found() -> Found | None:
    """What was found last; None before the first search.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        raw = json.loads(_file().read_text(encoding="utf-8"))
        pairs = {name: tuple(FoundPair(**item) for item in raw[name]) for name in ("joints", "review")}
        return Found(**{**raw, **pairs})
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("The list of duplicates cannot be read; look for them again.") from error


def forget_found() -> None:
    """Delete the list."""
    _file().unlink(missing_ok=True)
