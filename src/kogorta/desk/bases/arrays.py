"""What rules read of the newest snapshot, kept as arrays by the web process: a rule is decided anew in a tenth of the time SQL takes.

A column is loaded when a rule asks for it first. Whom a rule chose is remembered with the rule and all it refers to: the saved one a
change is compared with is decided once. Rules mean the same here as in SQL; the library tests the two against each other.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from kogorta.segments.rules.columns import evaluate_many
from kogorta.segments.rules.leaves import InSegment
from kogorta.segments.rules.state import Needs, load_history, load_state, needs_of
from kogorta.segments.rules.tree import leaves_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from kogorta.desk.bases.snapshots import Snapshot
    from kogorta.segments.rules.book import SegmentBook
    from kogorta.segments.rules.fields import Grain
    from kogorta.segments.rules.snapshot import Snapshot as RuleTables
    from kogorta.segments.rules.state import State
    from kogorta.segments.rules.tree import Node

    Asked = tuple[Path, Node, tuple[tuple[str, Node], ...]]
    """A rule over a snapshot, with the segments it refers to: the same three have the same answer."""

_ALWAYS: Final = frozenset({"monetary", "frequency"})
_MOST_KEPT: Final = 16
_lock = threading.Lock()
_held: dict[Path, State] = {}
_decided: OrderedDict[Asked, NDArray[np.bool_]] = OrderedDict()


def decide(
    rules: Sequence[Node], snapshot: Snapshot, book: SegmentBook, moves: RuleTables | None = None
) -> tuple[State, list[NDArray[np.bool_]]]:
    """Whether each rule holds for each customer.

    Args:
        rules: the trees.
        snapshot: what they are decided over.
        book: segments they refer to.
        moves: tables that have the recorded moves the rules ask about; such an answer is not remembered, moves go on.

    Returns:
        The arrays, with columns `monetary` and `frequency`; for each rule an array of their length, not to be changed. The place of a
        customer is his `customer_no`.

    Raises:
        InputError: a segment or the recorded moves a rule needs are not there.
    """
    for rule in rules:
        book.check(rule)
    if moves is not None:
        state = _state(snapshot, needs_of(rules, book))
        told = load_history(moves, "transitions", len(state))
        return state, evaluate_many(rules, replace(state, histories={**state.histories, "transitions": told}), book=book)
    asked: list[Asked] = [(snapshot.folder, rule, _referred(rule, book)) for rule in rules]
    with _lock:
        found = {key: _decided[key] for key in asked if key in _decided}
    new = [key for key in dict.fromkeys(asked) if key not in found]
    state = _state(snapshot, needs_of([rule for _, rule, _ in new], book))
    found |= zip(new, evaluate_many([rule for _, rule, _ in new], state, book=book), strict=True)
    with _lock:
        for key in asked:
            _decided[key] = found[key]
            _decided.move_to_end(key)
        for key in [key for key in _decided if key[0] not in _held]:
            del _decided[key]
        while len(_decided) > _MOST_KEPT:
            _decided.popitem(last=False)
    return state, [found[key] for key in asked]


def _referred(rule: Node, book: SegmentBook) -> tuple[tuple[str, Node], ...]:
    """The segments a rule refers to, and those they do."""
    found: dict[str, Node] = {}
    waiting = [rule]
    while waiting:
        for leaf in leaves_of(waiting.pop()):
            if isinstance(leaf, InSegment) and leaf.name not in found:
                found[leaf.name] = book.rule(leaf.name)
                waiting.append(found[leaf.name])
    return tuple(sorted(found.items(), key=lambda item: item[0]))


def _state(snapshot: Snapshot, needs: Needs) -> State:
    with _lock:
        held = _held.get(snapshot.folder)
        columns = (needs.columns | _ALWAYS) - (held.columns.keys() if held else set())
        texts: dict[Grain, frozenset[str]] = {}
        for grain, named in needs.texts.items():
            known = _texts_of(held, grain)
            if held is None or grain not in held.histories or named - known:
                texts[grain] = named | known  # rows of one day have no order of their own: columns read apart would not match
        if held is None or columns or texts:
            loaded = load_state(snapshot.rules(), needs=Needs(columns, texts))
            if held is not None:
                histories = {**held.histories, **loaded.histories}
                loaded = replace(held, columns={**held.columns, **loaded.columns}, histories=histories)
            _held.clear()
            _held[snapshot.folder] = held = loaded
        return held


def _texts_of(held: State | None, grain: Grain) -> frozenset[str]:
    known = held.histories.get(grain) if held else None
    return frozenset(name for name, column in known.columns.items() if hasattr(column, "codes")) if known else frozenset()
