"""The tick for bases beyond a machine: another engine evaluates the customers touched, by the same SQL as a full recompute.

Two Delta tables keep what came of it:

    state        customer_id, tick, mask_0, ..., was_0, ...    a bit for each rule, and as it was before the tick; merged by customer
    transitions  tick, at, customer_id, segment, version, way  those of one tick are written at once, before the state is merged

A tick that broke off is taken again under its number, also after what it reads has changed: everything is held against the bits from before
that tick, and its transitions as a whole take the place of those an earlier try had written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from kogorta.engine.duck import bound, literal
from kogorta.segments.rules.book import SegmentBook
from kogorta.segments.rules.sql import emit_sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import duckdb

    from kogorta.engine.remote import RemoteEngine
    from kogorta.segments.membership.ruleset import WatchedRule
    from kogorta.segments.rules.snapshot import Snapshot

WORD: Final = 62
"""Rules in one mask."""
_TOUCHED: Final = "tick_touched"


@dataclass(frozen=True)
class Merged:
    """What one tick came to.

    Args:
        looked_at: how many customers were evaluated.
        transitions: how many transitions it wrote; 0 when an earlier try had written the very same.
    """

    looked_at: int
    transitions: int


class EngineTick:
    """Memberships evaluated by an engine beside the embedded one and kept in Delta tables.

    Args:
        engine: has the prepared tables of a snapshot under their names.
        folder: where the two tables are.
        rules: watched rules; their order is that of the bits and must stay, new ones come last.
        connection: the embedded engine, which reads the results.
    """

    def __init__(self, engine: RemoteEngine, folder: Path, rules: Mapping[str, WatchedRule], connection: duckdb.DuckDBPyConnection) -> None:
        self._engine, self._rules, self._connection = engine, tuple(rules.values()), connection
        self._state, self._transitions = folder / "state", folder / "transitions"
        words = range((len(self._rules) + WORD - 1) // WORD)
        self._masks, self._befores = tuple(f"mask_{word}" for word in words), tuple(f"was_{word}" for word in words)

    def tick(self, number: int, snapshot: Snapshot, *, at: int, touched: str | None = None) -> Merged:
        """Evaluate customers, write who crossed which border, merge their bits.

        Args:
            number: of the tick, greater than those of finished ones; the same number again takes the place of the earlier try.
            snapshot: names of the prepared tables in the engine, and their day.
            at: the moment hours are counted to, microseconds since 1970 in UTC.
            touched: table of the engine with `customer_id` of those to whom something happened; everybody when None, as on a new day.
        """
        engine, keep = self._engine, self._engine.keep
        held, moved = self._read()
        everybody = f"SELECT customer_id FROM {snapshot.customers} UNION SELECT customer_id FROM {held}"
        earlier = " UNION ".join(f"SELECT customer_id FROM {table} WHERE tick = {literal(number)}" for table in (held, moved))
        keep(_TOUCHED, f"SELECT customer_id FROM {touched} UNION {earlier}" if touched else everybody)
        whose = f"(SELECT customer_id FROM {_TOUCHED})"
        keep("tick_customers", f"SELECT * FROM {snapshot.customers} WHERE customer_id IN {whose}")
        names: dict[str, str] = {"customers": "tick_customers"}
        for grain, table in snapshot.tables.items():
            names[grain] = f"tick_{grain}"
            keep(names[grain], f"SELECT * FROM {table} WHERE customer_no IN (SELECT customer_no FROM tick_customers)")
        found = replace(snapshot, **names)  # type: ignore[arg-type]
        book = SegmentBook({rule.name: rule.tree for rule in self._rules})
        statement = emit_sql([rule.tree for rule in self._rules], found, book=book, now=at)
        keep("tick_answers", bound(statement.text, statement.parameters))
        keep("tick_changed", self._changed(held, number))
        looked = engine.rows(f"SELECT count(*) FROM {_TOUCHED}")[0][0]
        written = self._append(number, at, engine.keep("tick_result", "SELECT * FROM tick_changed"))
        return Merged(int(str(looked)), written)

    def members(self, segment: str) -> set[str]:
        """Ids of the customers in a segment."""
        place = next(place for place, rule in enumerate(self._rules) if rule.name == segment)
        query = f"SELECT customer_id FROM held WHERE ({self._masks[place // WORD]} >> {place % WORD}) & 1 = 1"
        return {str(found) for (found,) in self._asked(self._state, query)}

    def transitions(self, number: int) -> list[tuple[str, str, str]]:
        """Customer, segment and way of the transitions of one tick."""
        query = f"SELECT customer_id, segment, way FROM held WHERE tick = {literal(number)} ORDER BY ALL"
        return [(str(customer), str(segment), str(way)) for customer, segment, way in self._asked(self._transitions, query)]

    def _asked(self, folder: Path, query: str) -> list[tuple[object, ...]]:
        files = _files(folder)
        if not files:
            return []
        self._connection.read_parquet(files).create_view("held", replace=True)
        return self._connection.execute(query).fetchall()

    def _read(self) -> tuple[str, str]:
        """Make the state and the transitions known to the engine; returns their names."""
        columns = {"customer_id": "VARCHAR", "tick": "BIGINT", **dict.fromkeys((*self._masks, *self._befores), "BIGINT")}
        self._engine.read("tick_state", _files(self._state), columns)
        moves = {"tick": "BIGINT", "at": "BIGINT", "customer_id": "VARCHAR", "segment": "VARCHAR", "version": "BIGINT", "way": "VARCHAR"}
        self._engine.read("tick_transitions", _files(self._transitions), moves)
        return "tick_state", "tick_transitions"

    def _changed(self, held: str, number: int) -> str:
        """Customers whose bits are others than before the tick, or than an earlier try left; who is no customer any more has none."""
        new = ", ".join(f"coalesce({' + '.join(self._bits(word))}, 0) AS new_{word}" for word in range(len(self._masks)))
        sides = list(enumerate(zip(self._masks, self._befores, strict=True)))
        tried = f"s.tick = {literal(number)}"
        old = ", ".join(f"coalesce(CASE WHEN {tried} THEN s.{was} ELSE s.{mask} END, 0) AS old_{word}" for word, (mask, was) in sides)
        held_now = ", ".join(f"coalesce(s.{mask}, 0) AS {mask}" for mask in self._masks)
        other = " OR ".join(f"new_{word} <> old_{word} OR new_{word} <> {mask}" for word, (mask, _) in sides)
        return f"""WITH bits AS (
            SELECT t.customer_id, {new}, {old}, {held_now}
            FROM {_TOUCHED} t LEFT JOIN tick_customers c ON c.customer_id = t.customer_id
            LEFT JOIN tick_answers a ON a.customer_no = c.customer_no LEFT JOIN {held} s ON s.customer_id = t.customer_id)
        SELECT * FROM bits WHERE {other}"""

    def _bits(self, word: int) -> Iterator[str]:
        for place in range(word * WORD, min(len(self._rules), (word + 1) * WORD)):
            yield f"CASE WHEN a.rule_{place} THEN CAST({1 << place % WORD} AS BIGINT) ELSE 0 END"

    def _append(self, number: int, at: int, changed: Path) -> int:
        """Write the transitions of the tick, in the place of those of an earlier try, then merge the bits."""
        from deltalake import DeltaTable, write_deltalake

        run = self._connection.execute
        self._connection.read_parquet(str(changed / "*.parquet")).create_view("tick_changed_here", replace=True)
        rules = ", ".join(
            f"({literal(rule.name)}, {rule.version}, {place // WORD}, {place % WORD})" for place, rule in enumerate(self._rules)
        )
        words = " UNION ALL ".join(
            f"SELECT customer_id, {word} AS word, new_{word} AS new, old_{word} AS old FROM tick_changed_here"
            for word in range(len(self._masks))
        )
        run(
            f"""CREATE OR REPLACE TEMP TABLE tick_moves AS
            WITH rules(segment, version, word, bit) AS (VALUES {rules}), words AS ({words})
            SELECT CAST({literal(number)} AS BIGINT) AS tick, CAST({literal(at)} AS BIGINT) AS at, w.customer_id, r.segment,
                CAST(r.version AS BIGINT) AS version, CASE WHEN (w.new >> r.bit) & 1 = 1 THEN 'entered' ELSE 'left' END AS way
            FROM words w JOIN rules r ON r.word = w.word
            WHERE (w.new >> r.bit) & 1 <> (w.old >> r.bit) & 1"""
        )
        moves = self._connection.table("tick_moves")
        found = run("SELECT customer_id, segment, way FROM tick_moves ORDER BY ALL").fetchall()
        written = self.transitions(number)
        if found != written:
            if written:
                write_deltalake(self._transitions, moves, mode="overwrite", predicate=f"tick = {literal(number)}")
            else:
                write_deltalake(self._transitions, moves, mode="append")
        sides = enumerate(zip(self._masks, self._befores, strict=True))
        masks = ", ".join(f"new_{word} AS {mask}, old_{word} AS {was}" for word, (mask, was) in sides)
        bits = self._connection.sql(f"SELECT customer_id, CAST({literal(number)} AS BIGINT) AS tick, {masks} FROM tick_changed_here")
        if not _files(self._state):
            write_deltalake(self._state, bits, mode="append")
        elif len(bits):
            merge = DeltaTable(self._state).merge(bits, "held.customer_id = new.customer_id", source_alias="new", target_alias="held")
            merge.when_matched_update_all().when_not_matched_insert_all().execute()
        return len(found) if found != written else 0


def _files(folder: Path) -> list[str]:
    """Files of the present version of a Delta table; none when there is no table yet."""
    from deltalake import DeltaTable

    return DeltaTable(folder).file_uris() if (folder / "_delta_log").is_dir() else []
