"""Jobs of the room: look for likely duplicates, decide about a pair, join all that was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.desk.bases.handlers import ask_for_analysis
from kogorta.desk.bases.opening import base_state, open_desk_base
from kogorta.desk.company.queries import current_company
from kogorta.desk.duplicates.actions import forget_decisions
from kogorta.desk.duplicates.found import forget_found, keep_found
from kogorta.desk.duplicates.models import Verdict
from kogorta.desk.duplicates.queries import find_decision
from kogorta.desk.errors import ConflictError
from kogorta.desk.imports.rebuilding import base_alone
from kogorta.desk.jobs.registry import job
from kogorta.desk.personal.forgetting import forgets
from kogorta.engine.duck import first_row
from kogorta.enrichment.enrich import enrich
from kogorta.kit.errors import OptionError
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.base.customer_base import CustomerBase
    from kogorta.desk.duplicates.models import Decision
    from kogorta.desk.jobs.context import JobContext

_REVIEW_FROM: Final = 0.2


@job("duplicates.find", message("Look for duplicates"), most_attempts=2)
def find(context: JobContext) -> Mapping[str, object]:
    """Find likely pairs and what joining them would do; the base stays as it is."""
    from kogorta.base.matching.likely import LikelyMatcher
    from kogorta.segments.merge_effect import merge_effect

    company = current_company()
    base, version = _open()
    try:
        context.progress(0, 3, message("Comparing cards"))
        found = base.likely_duplicates(LikelyMatcher(review_from=_REVIEW_FROM))
        context.check()
        context.progress(1, 3, message("Seeing what joining would do"))
        effect = merge_effect(base, found, scheme=company.scheme if company else "case") if found.joints else None
        context.check()
        keep_found(base, version, found, effect)
    finally:
        base.connection.close()
    return {"joints": len(found.joints), "review": len(found.review)}


@job("duplicates.merge", message("Join the duplicates found"), most_attempts=2)
def merge(context: JobContext) -> Mapping[str, object]:
    """Find them again in the same state of the base, which gives the same answer, and join them."""
    from kogorta.base.matching.likely import LikelyMatcher

    with base_alone(context):
        base, version = _open()
        try:
            if version != context.arguments["version"]:
                raise ConflictError("The base has changed since the search. Look for duplicates again.")
            context.progress(0, 2, message("Comparing cards"))
            found = base.likely_duplicates(LikelyMatcher(review_from=_REVIEW_FROM))
            context.check()
            context.progress(1, 2, message("Joining"))
            merged = base.merge_duplicates(found)
            _enrich_again(base)
        finally:
            base.connection.close()
    forget_found()
    with context.effect():
        ask_for_analysis()
    return {"merged": merged}


@job("duplicates.decide", message("Carry out a decision on duplicates"))
def decide(context: JobContext) -> Mapping[str, object]:
    """Join two, keep them apart, forget, or undo a merge; done twice it is done once."""
    row = find_decision(int(str(context.arguments["decision_id"])))
    if row is None:
        return {}
    with base_alone(context):
        base = open_desk_base()
        try:
            _carry_out(base, row)
            _enrich_again(base)
        finally:
            base.connection.close()
    with context.effect():
        ask_for_analysis()
    return {"decision": row.pk}


def _carry_out(base: CustomerBase, row: Decision) -> None:
    if row.verdict == Verdict.APART:
        try:
            base.unmerge(row.left_id)
        except OptionError:
            if not _was_apart(base, row.left_id):
                raise
    elif row.verdict == Verdict.SAME:
        if not _are_one(base, row):
            base.confirm_duplicate(row.left_id, row.right_id)
    elif row.verdict == Verdict.DIFFERENT:
        base.reject_duplicate(row.left_id, row.right_id)
    else:
        try:
            base.forget_decision(row.left_id, row.right_id)
        except OptionError:
            return  # an earlier attempt forgot it


def _was_apart(base: CustomerBase, record: str) -> bool:
    """Whether an earlier attempt set the record apart already."""
    query = """SELECT 1 FROM splits WHERE entity_id = $id
        UNION ALL SELECT 1 FROM matches WHERE verdict = 'different' AND $id IN (left_id, right_id)"""
    return first_row(base.connection.execute(query, {"id": record})) is not None


def _are_one(base: CustomerBase, row: Decision) -> bool:
    found = first_row(
        base.connection.execute(
            """SELECT count(DISTINCT coalesce(m.kept_id, e.entity_id)) FROM entities e LEFT JOIN merges m ON m.merged_id = e.entity_id
        WHERE e.entity_id IN (?, ?) HAVING count(*) = 2""",
            [row.left_id, row.right_id],
        )
    )
    return bool(found and found[0] == 1)


def _open() -> tuple[CustomerBase, str]:
    while True:
        version = base_state().version
        if not version:
            raise ConflictError("The base is empty: there is nobody to compare.")
        base = open_desk_base()
        if base_state().version == version:
            return base, version
        base.connection.close()


def _enrich_again(base: CustomerBase) -> None:
    if not base.enriched:
        enrich(base)


@forgets("duplicates")
def forget(customer_ids: frozenset[str], nameless: str) -> None:  # noqa: ARG001
    """Decisions that name him go, and the list of pairs."""
    forget_decisions(customer_ids)
    forget_found()
