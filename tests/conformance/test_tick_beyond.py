"""The tick for bases beyond a machine gives the members and the transitions of the tick in memory."""

import random
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.conformance import engines

from kogorta.segments.membership.beyond import EngineTick
from kogorta.segments.membership.changes import Merge
from kogorta.segments.rules.snapshot import take_snapshot

sys.path.insert(0, str(Path(__file__).parents[1] / "library" / "segments" / "membership"))
from membership_worlds import World  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""The driver of Spark leaves sockets to the collector."""

RULES = {
    "sleepers": "lifecycle = 'sleeping'",
    "often": "orders(30d) >= 2 and not bought('книги', 60d)",
    "rich": "revenue(60d) > 500 or largest_order(all) >= 1500",
    "clicked": "events('email_click', 7d) >= 1 and orders(7d) = 0",
    "interested": "hours_unanswered('email_click') between 1 and 60",
    "near": "city = 'Пермь' and not segment('sleepers')",
    "drawn": "random('зима', 40%)",
    **{f"spent {amount}": f"revenue(all) >= {amount}" for amount in range(60)},  # more rules than one mask holds
}


@pytest.fixture(scope="module", params=["sail", pytest.param("spark", marks=pytest.mark.engines)])
def engine(request, tmp_path_factory):
    with getattr(engines, request.param)(tmp_path_factory.mktemp(request.param)) as opened:
        yield opened


def lend(engine, connection, name, folder):
    relation = connection.table(name)
    file = folder / f"{name}.parquet"
    relation.write_parquet(str(file))
    engine.read(name, [str(file)], {column: str(kind) for column, kind in zip(relation.columns, relation.types, strict=True)})


def prepared(world, engine, folder):
    """Prepared tables of all that has happened, made anew from the raw events, in the engine."""
    today = world.members.zone.day_of(world.now)
    world.fill(today)
    snapshot = take_snapshot(world.base, today, rfm=world.definitions.rfm, lifecycle=world.definitions.lifecycle)
    folder.mkdir()
    for name in (snapshot.customers, *snapshot.tables.values()):
        lend(engine, world.base.connection, name, folder)
    return snapshot


def touched_by(world, facts):
    cards = {card for fact in facts for card in ((fact.merged, fact.kept) if isinstance(fact, Merge) else (fact.customer,))}
    return cards | {world.root(card) for card in cards}


def test_members_and_transitions_are_those_of_the_tick_in_memory(engine, tmp_path):
    world = World(random.Random(5), 30)
    world.rules = {name: world.rule(name, formula) for name, formula in RULES.items()}
    beyond = EngineTick(engine, tmp_path / "kept", world.rules, world.base.connection)
    outcome = world.set_rules(world.rules)
    for number in range(4):
        facts = world.happen(0 if number == 2 else 40)
        if number == 2:
            world.pass_time()  # nothing happens but time
        outcome = world.step(facts)
        snapshot = prepared(world, engine, tmp_path / f"tables-{number}")
        ids = None
        if number in (1, 3):  # the touched alone; their days have not passed
            cells = ", ".join(f"('c{card:04d}')" for card in sorted(touched_by(world, facts)))
            world.base.connection.execute(f"CREATE OR REPLACE TABLE touched_now AS SELECT * FROM (VALUES {cells}) t(customer_id)")
            lend(engine, world.base.connection, "touched_now", tmp_path / f"tables-{number}")
            ids = "touched_now"
        found = beyond.tick(number, snapshot, at=world.now, touched=ids)
        told = sorted((f"c{move.customer:04d}", move.segment, move.way) for some in outcome.crossings for move in some)
        assert beyond.transitions(number) == told
        assert found.transitions == len(told)
        for name in RULES:
            assert beyond.members(name) == {f"c{customer:04d}" for customer in world.members.members(name).tolist()}, (number, name)
        again = beyond.tick(number, replace(snapshot), at=world.now, touched=ids)
        assert again.transitions == 0, "the same tick once more writes nothing"


def test_a_tick_taken_again_after_the_data_changed_leaves_what_one_try_would(engine, tmp_path, monkeypatch):
    world = World(random.Random(9), 30)
    world.rules = {name: world.rule(name, formula) for name, formula in RULES.items()}
    first, once = (EngineTick(engine, tmp_path / name, world.rules, world.base.connection) for name in ("tried", "once"))
    world.step(world.happen(40))
    snapshot = prepared(world, engine, tmp_path / "tables-0")
    for beyond in (first, once):
        beyond.tick(0, snapshot, at=world.now)
    for number, merged in ((1, False), (2, True)):  # it broke off before the bits were merged, and after
        world.step(world.happen(40))
        tried = prepared(world, engine, tmp_path / f"tables-{number}-tried")
        if merged:
            first.tick(number, tried, at=world.now)
        else:
            with monkeypatch.context() as broken:
                broken.setattr("deltalake.DeltaTable.merge", lambda *_, **__: (_ for _ in ()).throw(OSError("killed")))
                with pytest.raises(OSError, match="killed"):
                    first.tick(number, tried, at=world.now)
        world.step(world.happen(60))
        snapshot = prepared(world, engine, tmp_path / f"tables-{number}")
        for beyond in (first, once):
            beyond.tick(number, snapshot, at=world.now)
        assert first.transitions(number) == once.transitions(number) != []
        for name in RULES:
            assert first.members(name) == once.members(name), (number, name)
    held = {name: set() for name in RULES}
    for number in range(3):
        for customer, name, way in first.transitions(number):
            assert (customer in held[name]) == (way == "left"), (number, customer, name)
            (held[name].add if way == "entered" else held[name].remove)(customer)
    assert held == {name: first.members(name) for name in RULES}
