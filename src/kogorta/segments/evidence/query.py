"""The one query of a segmentation: facts of every customer, what each line says of them, the class.

Values of a definition are bound parameters; names of columns are made here, from the numbers of lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from kogorta.base.tables import TABLES
from kogorta.engine.duck import read_sql
from kogorta.segments.evidence.definition import UNKNOWN
from kogorta.segments.evidence.measures import BLANKS, LEAD_TYPES, MEASURES, SURVEY_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from kogorta.segments.evidence.definition import Definition, Line

_SPECIAL: Final = re.compile(r"([\\.+*?()|\[\]{}^$])")
_TIE: Final = 1e-9


@dataclass
class _Writer:
    """Collects the parts of a statement and the values bound to it."""

    as_of: date
    zone: str
    parts: list[str] = field(default_factory=list)
    values: dict[str, object] = field(default_factory=dict)

    def bind(self, value: object) -> str:
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f"${name}"

    def add(self, name: str, query: str) -> None:
        """A common table; `$as_of`, `$zone` and the lists of the registry are bound when it names them."""
        known: dict[str, object] = {
            "as_of": self.as_of.isoformat(),
            "zone": self.zone,
            "lead_types": list(LEAD_TYPES),
            "survey_types": list(SURVEY_TYPES),
        }
        for key, value in known.items():
            if f"${key}" in query:
                self.values[key] = value
        self.parts.append(f"{name} AS (\n{query.strip()}\n)")

    def naming(self, text: str, beginnings: Iterable[str]) -> str:
        """SQL that is true where a text has a word with one of the beginnings."""
        pattern = "|".join(_SPECIAL.sub(r"\\\1", found) for found in beginnings)
        bound = self.bind(r"(?:^|[^\pL\pN])(?:" + pattern + ")")
        return f"regexp_matches({text}, {bound})"


def evidence_query(definition: Definition, as_of: date, zone: str) -> tuple[str, dict[str, object]]:
    """SQL and its parameters: customer_id, class, score, coverage, records, reason, evidence (JSON).

    Args:
        definition: what to decide by.
        as_of: end of this day.
        zone: zone business dates are counted in.
    """
    writer = _Writer(as_of, zone)
    if definition.method == "evidence":
        _add_facts(writer, definition)
        return _decide(writer, definition)
    _add_card(writer, [])
    return _sort(writer, definition)


def _add_facts(writer: _Writer, definition: Definition) -> None:
    lines = [line for _, line in definition.lines]
    grains = {MEASURES[line.measure].grain for line in lines}
    placed = list(enumerate(lines))
    joins, records = ["FROM customers c"], []
    if grains & {"orders", "rhythm", "leads", "items"}:
        _add_orders(writer, [(i, line) for i, line in placed if MEASURES[line.measure].grain == "items"])
        joins += ["LEFT JOIN orders_by o ON o.customer_id = c.customer_id", "CROSS JOIN shop"]
        records.append("coalesce(o.orders, 0)")
    if "rhythm" in grains:
        writer.add("rhythm", read_sql("segments/evidence", "rhythm"))
        joins.append("LEFT JOIN rhythm r ON r.customer_id = c.customer_id")
    if "leads" in grains:
        writer.add("leads", read_sql("segments/evidence", "leads"))
        writer.add("leads_by", "SELECT customer_id, count(*) AS orders, median(hours) AS hours FROM leads GROUP BY customer_id")
        writer.add("usual", "SELECT count(*) AS orders, median(hours) AS hours FROM leads")
        joins += ["LEFT JOIN leads_by d ON d.customer_id = c.customer_id", "CROSS JOIN usual"]
    if "events" in grains:
        _add_events(writer, [(i, line) for i, line in placed if MEASURES[line.measure].grain == "events"])
        joins += ["LEFT JOIN events_by e ON e.customer_id = c.customer_id", "CROSS JOIN seen"]
        records.append("coalesce(e.n, 0)")
    if "answers" in grains:
        _add_answers(writer, [(i, line) for i, line in placed if MEASURES[line.measure].grain == "answers"])
        joins.append("LEFT JOIN answers_by a ON a.customer_id = c.customer_id")
        records.append("coalesce(a.n, 0)")
    if "card" in grains:
        asked = [(i, line) for i, line in placed if MEASURES[line.measure].grain == "card"]
        _add_card(writer, asked)
        joins.append("LEFT JOIN card k ON k.customer_id = c.customer_id")
        records.append(f"CASE WHEN {' OR '.join(f'k.is_{i} IS NOT NULL' for i, _ in asked)} THEN 1 ELSE 0 END")
    columns = ["c.customer_id", f"{' + '.join(records)} AS records"]
    for i, line in placed:
        measure = MEASURES[line.measure]
        columns.append(f"CAST({measure.value.format(i=i)} AS DOUBLE) AS v{i}, {measure.count.format(i=i)} AS n{i}")
        columns.append(f"k.word_{i} AS w{i}" if measure.grain == "card" else f"CAST(NULL AS VARCHAR) AS w{i}")
    writer.add("facts", "SELECT " + ",\n    ".join(columns) + "\n" + "\n".join(joins))


def _add_orders(writer: _Writer, asked: list[tuple[int, Line]]) -> None:
    entered = "o.created_at" if "created_at" in dict(TABLES["orders"]) else "CAST(NULL AS TIMESTAMPTZ)"
    matches, line_matches, counted, known = [""], [""], [""], [""]
    for i, line in asked:
        title = writer.naming("replace(lower(coalesce(o.title, '')), 'ё', 'е')", line.naming)
        matches.append(f"coalesce(l.has_{i}, FALSE) OR {title} AS has_{i}")
        line_matches.append(f"bool_or({writer.naming('text', line.naming)}) AS has_{i}")
        counted.append(f"count(*) FILTER (has_{i}) AS found_{i}")
        known.append(f"coalesce(bool_or(has_{i}), FALSE) AS found_{i}")
    text = read_sql("segments/evidence", "orders").replace("{entered}", entered)
    writer.add("won", text.replace("{matches}", ", ".join(matches)).replace("{line_matches}", ", ".join(line_matches)))
    writer.add(
        "orders_by",
        f"""SELECT customer_id, count(*) AS orders, count(*) FILTER (discount > 0) AS discounted, count(*) FILTER (has_text) AS with_text,
    CAST(sum(discount) AS DOUBLE) AS discount, CAST(sum(paid) AS DOUBLE) AS paid{", ".join(counted)}
FROM won GROUP BY customer_id""",
    )
    writer.add("shop", f"SELECT count(*) AS orders, count(*) FILTER (discount > 0) AS discounted{', '.join(known)} FROM won")


def _add_events(writer: _Writer, asked: list[tuple[int, Line]]) -> None:
    types = sorted({name for _, line in asked for name in line.types})
    writer.add("told", read_sql("segments/evidence", "events").replace("{types}", writer.bind(types)))
    counted, known = ["count(*) AS n"], []
    for i, line in asked:
        of_type = [f"list_contains({writer.bind(list(line.types))}, type)"]
        if line.within is not None:
            of_type.append(f"day > CAST($as_of AS DATE) - CAST({writer.bind(line.within)} AS INTEGER)")
        of = " AND ".join(of_type)
        hit = [of, *([writer.naming("text", line.naming)] if line.naming else [])]
        base = [of_type[0], *hit[1:], *(["value IS NOT NULL"] if line.value_from is not None else [])]
        valued = " AND ".join([*hit, "value IS NOT NULL"])
        if line.value_from is not None:
            hit.append(f"value >= CAST({writer.bind(line.value_from)} AS DOUBLE)")
        counted.append(f"count(*) FILTER ({' AND '.join(hit)}) AS n_{i}, count(*) FILTER ({of}) AS of_{i}")
        if line.measure == "event_last_value":
            counted.append(
                f"arg_max(value, (happened_at, event_id, value)) FILTER ({valued}) AS last_{i}, count(*) FILTER ({valued}) AS valued_{i}"
            )
        known.append(f"coalesce(bool_or({' AND '.join(base)}), FALSE) AS known_{i}")
    writer.add("events_by", f"SELECT customer_id, {', '.join(counted)} FROM told GROUP BY customer_id")
    writer.add("seen", f"SELECT {', '.join(known)} FROM told")


def _add_answers(writer: _Writer, asked: list[tuple[int, Line]]) -> None:
    writer.add("answers", read_sql("segments/evidence", "answers"))
    counted, any_of = [], []
    for i, line in asked:
        of = writer.naming("question", line.questions) if line.questions else "TRUE"
        any_of.append(of)
        counted.append(f"count(*) FILTER ({of}) AS of_{i}, count(*) FILTER ({of} AND {writer.naming('answer', line.naming)}) AS n_{i}")
    writer.add(
        "answers_by",
        f"SELECT customer_id, count(*) FILTER ({' OR '.join(any_of)}) AS n, {', '.join(counted)} FROM answers GROUP BY customer_id",
    )


def _add_card(writer: _Writer, asked: list[tuple[int, Line]]) -> None:
    from kogorta.enrichment.regions import regions

    places = regions()
    text = read_sql("segments/evidence", "card")
    text = text.replace("$region_codes", writer.bind(list(places)))
    text = text.replace("$climates", writer.bind([found.climate for found in places.values()]))
    writer.add("cards" if asked else "card", text)
    if asked:
        columns = [
            f"CASE WHEN {line.card} IS NOT NULL THEN "
            f"CAST(list_contains({writer.bind(list(line.values))}, {_folded(line.card)}) AS INTEGER) END AS is_{i}, "
            f"CAST({line.card} AS VARCHAR) AS word_{i}"
            for i, line in asked
        ]
        writer.add("card", f"SELECT customer_id, {', '.join(columns)} FROM cards")


def _folded(column: str) -> str:
    return f"replace(lower(CAST({column} AS VARCHAR)), 'ё', 'е')"


def _decide(writer: _Writer, definition: Definition) -> tuple[str, dict[str, object]]:
    """Lines -> states -> scores of classes -> the class."""
    lines = list(enumerate(definition.lines))
    states = []
    for i, (_, line) in lines:
        kept = []
        if line.at_least is not None:
            kept.append(f"v{i} >= CAST({writer.bind(line.at_least)} AS DOUBLE)")
        if line.at_most is not None:
            kept.append(f"v{i} <= CAST({writer.bind(line.at_most)} AS DOUBLE)")
        states.append(
            f"CASE WHEN v{i} IS NULL AND n{i} = 0 THEN 'no_data' WHEN n{i} < {line.least} THEN 'too_few' WHEN v{i} IS NULL THEN 'no_data' "
            f"WHEN {' AND '.join(kept)} THEN 'met' ELSE 'not_met' END AS s{i}"
        )
    writer.add("judged", "SELECT *,\n    " + ",\n    ".join(states) + "\nFROM facts")
    scores, coverages = [], []
    for found in definition.classes:
        own = [(i, line) for i, (owner, line) in lines if owner is found]
        total = sum(line.weight for _, line in own)
        met = " + ".join(f"CASE WHEN s{i} = 'met' THEN {line.weight} ELSE 0 END" for i, line in own if line.weight)
        barred = [f"s{i} <> 'met'" for i, line in own if line.effect == "required"]
        barred += [f"s{i} = 'met'" for i, line in own if line.effect == "excludes"]
        score = f"CAST({met} AS DOUBLE) / {total}"
        scores.append(f"CASE WHEN {' OR '.join(barred)} THEN 0.0 ELSE {score} END" if barred else score)
        judged = " + ".join(f"CASE WHEN s{i} IN ('met', 'not_met') THEN {line.weight} ELSE 0 END" for i, line in own if line.weight)
        coverages.append(f"CAST({judged} AS DOUBLE) / {total}")
    writer.add("scored", f"SELECT *, [{', '.join(scores)}] AS scores, [{', '.join(coverages)}] AS coverages FROM judged")
    least = writer.bind(definition.minimum.score)
    if definition.choose == "first":
        place = f"list_position([score >= CAST({least} AS DOUBLE) FOR score IN scores], TRUE)"
        tie = "FALSE"
    else:
        place = "list_position(scores, list_max(scores))"
        lead = writer.bind(max(definition.minimum.lead, _TIE) - _TIE / 2)
        tie = f"len(scores) > 1 AND list_reverse_sort(scores)[1] - list_reverse_sort(scores)[2] < CAST({lead} AS DOUBLE)"
    judged = " OR ".join(f"s{i} IN ('met', 'not_met')" for i, _ in lines)
    few = " OR ".join(f"s{i} = 'too_few'" for i, _ in lines)
    writer.add(
        "placed",
        f"""SELECT *, coalesce(nullif({place}, 0), list_position(scores, list_max(scores))) AS place,
    CASE
        WHEN NOT ({judged}) THEN CASE WHEN {few} THEN 'too_few' ELSE 'no_data' END
        WHEN records < {definition.minimum.records} THEN 'too_few'
        WHEN list_max(scores) < CAST({least} AS DOUBLE) THEN 'weak'
        WHEN {tie} THEN 'tie'
    END AS reason
FROM scored""",
    )
    names = writer.bind([found.name for found in definition.classes])
    owners = {found.name: place for place, found in enumerate(definition.classes, 1)}
    items = ", ".join(
        f"CASE WHEN s{i} <> 'no_data' THEN json_object('line', {i}, 'class', {names}[{owners[found.name]}], 'measure', '{line.measure}', "
        f"'value', {f'w{i}' if line.card else f'round(v{i}, 6)'}, 'observations', n{i}, 'state', s{i}) END"
        for i, (found, line) in lines
    )
    query = f"""SELECT customer_id, CASE WHEN reason IS NULL THEN {names}[place] ELSE '{UNKNOWN}' END AS "class",
    scores[place] AS score, CASE WHEN reason IS NULL THEN coverages[place] ELSE list_max(coverages) END AS coverage,
    CAST(records AS BIGINT) AS records, reason,
    CAST(to_json([item FOR item IN [{items}] IF item IS NOT NULL]) AS VARCHAR) AS evidence
FROM placed"""
    return f"WITH {', '.join(writer.parts)}\n{query}", writer.values


def _sort(writer: _Writer, definition: Definition) -> tuple[str, dict[str, object]]:
    """A number into bands, or a word into classes."""
    column = definition.card
    if definition.method == "bands":
        cases = []
        for found in definition.classes:
            kept = [f"{column} >= CAST({writer.bind(found.from_)} AS DOUBLE)"] if found.from_ is not None else []
            kept += [f"{column} <= CAST({writer.bind(found.to)} AS DOUBLE)"] if found.to is not None else []
            cases.append(f"WHEN {' AND '.join(kept) or f'{column} IS NOT NULL'} THEN {writer.bind(found.name)}")
        writer.add(
            "named",
            f"SELECT customer_id, {column} AS number, CAST({column} AS VARCHAR) AS word, CASE {' '.join(cases)} END AS class FROM card",
        )
    else:
        # of several spellings of one word the most frequent stands for all
        key = f"CASE WHEN NOT list_contains({writer.bind(list(BLANKS))}, {_folded(column)}) THEN {_folded(column)} END"
        writer.add("words", f"SELECT customer_id, {column} AS word, {key} AS key FROM card")
        writer.add("spelled", "SELECT key, word, count(*) AS n FROM words WHERE key IS NOT NULL GROUP BY key, word")
        writer.add("spellings", "SELECT key, arg_max(word, (n, word)) AS word FROM spelled GROUP BY key")
        values = [value for found in definition.classes for value in found.values]
        names = [found.name for found in definition.classes for _ in found.values]
        given = f"list_extract({writer.bind(names)}, list_position({writer.bind(values)}, s.key))" if values else "NULL"
        chosen = f"coalesce({given}, s.word)" if definition.open else given
        writer.add(
            "named",
            f"SELECT customer_id, CAST(NULL AS DOUBLE) AS number, s.word, {chosen} AS class FROM words LEFT JOIN spellings s USING (key)",
        )
    query = f"""SELECT customer_id, coalesce(class, '{UNKNOWN}') AS "class", CASE WHEN class IS NULL THEN 0.0 ELSE 1.0 END AS score,
    CASE WHEN word IS NULL THEN 0.0 ELSE 1.0 END AS coverage, CAST(CASE WHEN word IS NULL THEN 0 ELSE 1 END AS BIGINT) AS records,
    CASE WHEN word IS NULL THEN 'no_data' WHEN class IS NULL THEN 'weak' END AS reason,
    CASE WHEN word IS NULL THEN '[]' ELSE CAST(to_json([json_object('line', 0, 'class', class, 'measure', '{column}',
        'value', {"number" if definition.method == "bands" else "word"}, 'observations', 1, 'state', 'met')]) AS VARCHAR) END AS evidence
FROM named"""
    return f"WITH {', '.join(writer.parts)}\n{query}", writer.values
