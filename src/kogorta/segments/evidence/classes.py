"""Customers sorted into the classes of a definition at a date, each with what speaks for it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from hashlib import md5
from typing import TYPE_CHECKING, Any, Final, TypedDict

from kogorta.engine.duck import first_row
from kogorta.engine.table import Table
from kogorta.kit.errors import InputError
from kogorta.kit.language import Language
from kogorta.segments.evidence.definition import UNKNOWN, Definition
from kogorta.segments.evidence.measures import FIELDS
from kogorta.segments.evidence.query import evidence_query
from kogorta.segments.evidence.telling import (
    Fact,
    class_title,
    join_words,
    line_about,
    tell_few,
    tell_line,
    tell_score,
    word_within,
)
from kogorta.segments.figures import SegmentFigures
from kogorta.segments.summary import customer_summary, materialise, settle_as_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from kogorta.base.customer_base import CustomerBase

_TIE: Final = 1e-9
_NAMES: Final = ("customer_id", "class", "score", "coverage", "records", "reason", "evidence")
_ASKED: Final = ", ".join(f'"{name}"' for name in _NAMES)


_Row = TypedDict(
    "_Row",
    {
        "line": int,
        "class": str | None,
        "measure": str,
        "value": float | str | None,
        "observations": int,
        "state": str,
    },
)
"""One item of the evidence column."""


@dataclass(frozen=True)
class Finding:
    """What is known of one customer.

    Args:
        customer_id: who.
        class_: slug of the class, or `unknown`.
        score: weight of the evidence met by the class over all the weight it could have, 0-1; of the best class where unknown.
        coverage: weight of the evidence there were data for, 0-1; the rest could not be asked.
        records: orders, events, answers and the card looked at.
        reason: why unknown: `no_data`, `too_few`, `weak` (nothing speaks for a class clearly), `tie`; None where it is known.
        facts: what each line with data says.
        sentence: all of it in words.
        message: key message for the class; empty where it has none.
    """

    customer_id: str
    class_: str
    score: float
    coverage: float
    records: int
    reason: str | None
    facts: tuple[Fact, ...]
    sentence: str
    message: str


@dataclass(frozen=True)
class EvidenceClasses:
    """The classes of all customers of a base at a date.

    Args:
        definition: what decided.
        as_of: end of this day.
        table: customer_id, class, score, coverage, records, reason, evidence (JSON: a list with line, class, measure, value,
            observations, state; lines without data are left out), ordered by customer_id.
        summary: engine table of recency, frequency and monetary value at the date.
        currency: ISO code of the money.
    """

    definition: Definition
    as_of: date
    table: Table
    summary: str
    currency: str = "RUB"

    def figures(self, language: Language | None = None) -> tuple[SegmentFigures, ...]:
        """Every class, also the empty ones, and the unknown: customers, net revenue, orders; largest first.

        Args:
            language: of the names; English when not given.
        """
        language = language or Language("en")
        rows = self.table.connection.execute(
            f"""SELECT g."class", count(*), CAST(coalesce(sum(s.monetary), 0) AS BIGINT), CAST(coalesce(sum(s.frequency), 0) AS BIGINT),
            median(s.recency_days) FROM {self.table.name} g LEFT JOIN {self.summary} s USING (customer_id) GROUP BY 1"""
        ).fetchall()
        found = {str(row[0]): row[1:] for row in rows}
        customers = sum(row[0] for row in found.values())
        revenue = sum(row[1] for row in found.values())
        names = dict.fromkeys((*(item.name for item in self.definition.classes), UNKNOWN, *sorted(found)))
        figures = []
        for slug in names:
            count, money, orders, recency = found.get(slug, (0, 0, 0, None))
            figures.append(
                SegmentFigures(
                    scheme=self.definition.name,
                    segment=slug,
                    name=class_title(self.definition, slug, language),
                    customers=count,
                    customer_share=count / customers if customers else 0.0,
                    revenue=money,
                    revenue_share=money / revenue if revenue else 0.0,
                    orders=orders,
                    average_check=round(money / orders) if orders else 0,
                    median_recency_days=recency,
                )
            )
        return tuple(sorted(figures, key=lambda item: (-item.customers, item.segment)))

    def explain(self, customer_id: str, language: Language) -> Finding:
        """Why one customer is in his class, or why nothing can be said, with his own figures.

        Args:
            customer_id: who.
            language: of the words.

        Raises:
            InputError: the base has no such customer.
        """
        row = first_row(self.table.connection.execute(f"SELECT {_ASKED} FROM {self.table.name} WHERE customer_id = ?", [customer_id]))
        if row is None:
            raise InputError("The base has no customer {customer}; see the table customers for the ids.", customer=repr(customer_id)[:80])
        return self._finding(row, language)

    def findings(self, language: Language) -> Iterator[Finding]:
        """What is known of every customer, by customer id.

        Args:
            language: of the words.
        """
        for batch in Table(self.table.connection, self.table.name, ("customer_id",)).batches():
            names = self.table.columns
            for row in batch:
                told = dict(zip(names, row, strict=True))
                yield self._finding(tuple(told[name] for name in _NAMES), language)

    def _finding(self, row: tuple[Any, ...], language: Language) -> Finding:
        customer_id, class_, score, coverage, records, reason, evidence = row
        rows = json.loads(evidence)
        facts, absent = self._facts(rows, language)
        finding = Finding(str(customer_id), class_, score, coverage, records, reason, facts, "", "")
        found = self.definition.class_named(class_)
        message = found.message.told(language) if found is not None and found.message is not None else ""
        sentence = self._known(finding, language) if reason is None else self._unknown(finding, absent, self._leaders(rows), language)
        return replace(finding, sentence=sentence, message=message)

    def _facts(self, rows: list[_Row], language: Language) -> tuple[tuple[Fact, ...], list[str]]:
        """Facts in the order of lines, and what there are no data about."""
        if self.definition.method != "evidence":
            words = self.definition.words
            told = []
            for row in rows:
                value, word = _parted(row["value"])
                shown = language.number(value) if value is not None else word_within(self.definition.card, word or "", language)
                text = words.told(language).format(value=shown) if words is not None else shown
                told.append(Fact(row["class"] or UNKNOWN, row["measure"], row["state"], value, word, 1, 1, text))
            return tuple(told), [] if rows else [language.text(FIELDS[self.definition.card].about)]
        facts, seen = [], set()
        for row in rows:
            line = self.definition.lines[row["line"]][1]
            seen.add(row["line"])
            value, word = _parted(row["value"])
            if row["state"] == "too_few":
                text = tell_few(line, row["observations"], language)
            else:
                text = tell_line(line, value, word, row["observations"], language)
            facts.append(Fact(row["class"] or UNKNOWN, row["measure"], row["state"], value, word, row["observations"], line.weight, text))
        lines = enumerate(self.definition.lines)
        return tuple(facts), [line_about(line, language) for place, (_, line) in lines if place not in seen]

    def _known(self, finding: Finding, language: Language) -> str:
        title = class_title(self.definition, finding.class_, language)
        if self.definition.class_named(finding.class_) is None:  # an open value: its fact is its name
            told = _texts(finding.facts)
            return f"{told[:1].upper()}{told[1:]}."
        own = [fact for fact in finding.facts if fact.class_ == finding.class_]
        parts = [language.text("{title}: {facts}.", title=title, facts=_texts(fact for fact in own if fact.state == "met"))]
        if self.definition.method != "evidence":
            return parts[0]
        against = _texts(fact for fact in own if fact.state == "not_met" and fact.weight)
        if against:
            parts.append(language.text("Does not fit: {facts}.", facts=against))
        parts.append(
            language.text(
                "Score {score} of 1; data for {coverage} of the evidence.",
                score=tell_score(finding.score, language),
                coverage=language.percent(finding.coverage, 0),
            )
        )
        return " ".join(parts)

    def _unknown(self, finding: Finding, absent: list[str], leaders: list[str], language: Language) -> str:
        told = []
        few = _texts(fact for fact in finding.facts if fact.state == "too_few")
        if finding.reason == "tie":
            names = join_words([language.text("“{name}”", name=class_title(self.definition, name, language)) for name in leaders], language)
            told.append(language.text("the evidence speaks alike for {classes}", classes=names))
        elif finding.reason == "weak" and self.definition.method != "evidence":
            told.append(language.text("{fact}, which no class covers", fact=_texts(finding.facts)))
        elif finding.reason == "weak" and finding.score > 0:
            told.append(
                language.text(
                    "no class has enough evidence: the best score is {score}, at least {least} is needed",
                    score=tell_score(finding.score, language),
                    least=tell_score(self.definition.minimum.score, language),
                )
            )
        elif finding.reason == "weak":
            told.append(language.text("the evidence there is speaks for no class"))
        elif finding.reason == "too_few" and not few:
            told.append(
                language.plural(
                    "{count} record is too few, at least {least} are needed", "{count} records are too few, at least {least} are needed",
                    finding.records, least=language.number(self.definition.minimum.records),
                )
            )  # fmt: skip
        known = _texts(fact for fact in finding.facts if fact.state != "too_few")
        if known and self.definition.method == "evidence":
            told.append(language.text("what is known: {facts}", facts=known))
        if few:
            told.append(few)
        if absent:
            told.append(language.text("no data {about}", about=join_words(absent, language)))
        return language.text("{title}: {facts}.", title=class_title(self.definition, UNKNOWN, language), facts="; ".join(told))

    def _leaders(self, rows: list[_Row]) -> list[str]:
        """Classes whose score is as good as the best one's, within the lead a class needs."""
        states = {row["line"]: row["state"] for row in rows}
        scores: dict[str, float] = {}
        for place, (found, line) in enumerate(self.definition.lines):
            met, total = states.get(place) == "met", sum(item.weight for item in found.lines)
            score = scores.get(found.name, 0.0) + (line.weight / total if met else 0.0)
            barred = (line.effect == "required" and not met) or (line.effect == "excludes" and met)
            scores[found.name] = -math.inf if barred else score
        best = max(scores.values(), default=0.0)
        return [name for name, score in scores.items() if best - score < max(self.definition.minimum.lead, _TIE) - _TIE / 2]


def _parted(value: float | str | None) -> tuple[float | None, str | None]:
    """A number or a word."""
    return (None, value) if isinstance(value, str) else (value, None)


def _texts(facts: Iterable[Fact]) -> str:
    return "; ".join(dict.fromkeys(fact.text for fact in facts))


@dataclass(frozen=True)
class EvidenceSegmentation:
    """A segmentation by what is known of each customer, with `unknown` where too little is.

    Args:
        definition: classes and their evidence; see `shipped` and `read_definition`.

    Example:
        >>> from kogorta.base.customer_base import CustomerBase
        >>> from kogorta.segments.evidence.shelf import shipped
        >>> found = EvidenceSegmentation(shipped("benefits")).assign(CustomerBase(None), "2026-11-22")
        >>> len(found.table)
        0
    """

    definition: Definition

    def assign(self, base: CustomerBase, as_of: date | str | None = None) -> EvidenceClasses:
        """Classes of all customers at a date.

        Args:
            base: the base, enriched when region, role and kind are to be known.
            as_of: end of this day; default the last day of the data. Nothing after it is looked at. The card of a customer bears no
                dates: it is taken as it is now, the age as it was then.

        Raises:
            InputError: no date is given and the base has no purchases.
            OptionError: the text is not a date.
        """
        day = settle_as_of(base, as_of)
        query, values = evidence_query(self.definition, day, base.time_zone)
        digest = md5(json.dumps([query, values], sort_keys=True).encode(), usedforsecurity=False).hexdigest()[:12]
        name = materialise(base, f"evidence_{digest}", query, values, here=True)
        return EvidenceClasses(
            self.definition, day, Table(base.connection, name, ("customer_id",)), customer_summary(base, day), base.currency
        )
