"""What the page of a rule shows: the form or the formula, and what the rule selects."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from kogorta.desk.segments.builder import (
    FUNCTION_WORDS,
    OP_WORDS,
    SEGMENT_OPS,
    WINDOWS,
    Group,
    Row,
    changed,
    filters_of,
    groups_of,
    read_groups,
    tree_of,
)
from kogorta.desk.segments.counting import compare, count_rule
from kogorta.desk.segments.queries import PERSONAL, check_may_ask
from kogorta.kit.errors import InputError, KogortaError
from kogorta.segments.rules.answers import read_rule
from kogorta.segments.rules.fields import FIELDS, FILTERS, FUNCTIONS, family
from kogorta.segments.rules.printing import print_formula
from kogorta.segments.rules.sentence import describe
from kogorta.segments.rules.tokens import FormulaError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kogorta.desk.bases.snapshots import Snapshot
    from kogorta.desk.segments.builder import Groups
    from kogorta.desk.segments.counting import Shift
    from kogorta.kit.language import Language
    from kogorta.segments.rules.book import SegmentBook
    from kogorta.segments.rules.preview import Preview
    from kogorta.segments.rules.tree import Node


@dataclass(frozen=True)
class Edited:
    """The state of the page of a rule.

    Args:
        mode: `form` or `formula`.
        groups: the form; the last one that could be shown in formula mode.
        formula: text of the formula.
        rule: the tree; None when it cannot be read.
        error: why, in the reader's language; `pointer` shows the place in a formula.
        is_deep: whether the tree is deeper than the form, so that only the formula shows it whole.
    """

    mode: str
    groups: Groups
    formula: str
    rule: Node | None = None
    error: str = ""
    pointer: str = ""
    is_deep: bool = False


def edited_tree(rule: Node, mode: str = "form") -> Edited:
    """The page of a tree that exists."""
    groups = groups_of(rule)
    return Edited("formula" if groups is None else mode, groups or (Group(),), print_formula(rule), rule, is_deep=groups is None)


def edited_form(given: Mapping[str, str], lists: Mapping[str, Sequence[str]], language: Language) -> Edited:
    """The page after the form was sent: with a button pressed, or a control changed."""
    deed = given.get("do", "")
    if given.get("mode") == "formula":
        found = _read_formula(given.get("formula", "").replace("\x00", ""), language)
        if deed == "to-form" and found.rule is not None and not found.is_deep:
            return replace(found, mode="form")
        return found
    try:
        groups = changed(read_groups(given, lists), deed)
    except KogortaError as error:
        return Edited("form", (Group(),), "", error=error.told(language))
    try:
        rule = tree_of(groups)
    except KogortaError as error:
        return Edited("form", groups, "", error=error.told(language))
    return Edited("formula" if deed == "to-formula" else "form", groups, print_formula(rule), rule)


def _read_formula(text: str, language: Language) -> Edited:
    try:
        rule = read_rule(text)
    except FormulaError as error:
        told, _, pointer = error.told(language).partition("\n")
        return Edited("formula", (Group(),), text, error=told, pointer=pointer)
    except InputError as error:
        return Edited("formula", (Group(),), text, error=error.told(language))
    return replace(edited_tree(rule, "formula"), formula=text)


@dataclass(frozen=True)
class Answer:
    """What a rule selects, and what saving it would change.

    Args:
        seen: count, share, revenue, ten people.
        sentence: the rule in words.
        change: how many would enter and leave the saved segment; None for a new one or an unchanged rule.
        milliseconds: how long the counting took.
    """

    seen: Preview
    sentence: str
    change: Shift | None
    milliseconds: int


def answer(rule: Node, snapshot: Snapshot, book: SegmentBook, language: Language, user: object, saved: Node | None) -> Answer:
    """Count a rule.

    Raises:
        DeniedError: it asks about what the person may not see.
        InputError: what it refers to is not there.
    """
    check_may_ask(user, rule, book)
    start = time.perf_counter()
    seen = count_rule(rule, snapshot, book)
    change = compare(saved, rule, snapshot, book) if saved is not None and saved != rule else None
    return Answer(seen, describe(rule, language, currency=snapshot.currency), change, math.ceil(1000 * (time.perf_counter() - start)))


@dataclass(frozen=True)
class Option:
    """A choice of a control."""

    value: str
    title: str
    chosen: bool


@dataclass(frozen=True)
class ShownRow:
    """A condition with everything its controls need; `key` begins the names of the controls."""

    key: str
    place: str
    row: Row
    ops: tuple[Option, ...]
    choices: tuple[Option, ...]
    windows: tuple[Option, ...]
    filters: tuple[Option, ...]
    control: str
    unit: str
    is_segment: bool = field(default=False)


@dataclass(frozen=True)
class ShownGroup:
    """A group of the form."""

    place: int
    match: str
    rows: tuple[ShownRow, ...]


def what_options(language: Language, *, with_contacts: bool, has_segments: bool) -> list[tuple[str, list[tuple[str, str]]]]:
    """What a condition may ask about, in groups: title -> (value, title)."""

    def title(english: str) -> str:
        word = language.text(english)
        return word[:1].upper() + word[1:]

    fields = [(f"field:{name}", title(item.label)) for name, item in FIELDS.items() if with_contacts or name not in PERSONAL]
    orders = [
        (f"function:{name}", title(FUNCTION_WORDS.get(name) or item.label)) for name, item in FUNCTIONS.items() if item.grain == "orders"
    ]
    events = [
        (f"function:{name}", title(FUNCTION_WORDS.get(name) or item.label)) for name, item in FUNCTIONS.items() if item.grain == "events"
    ]
    found = [
        (language.text("The customer"), sorted(fields, key=lambda item: item[1])),
        (language.text("Purchases over a time"), orders),
        (language.text("Events over a time"), events),
    ]
    if has_segments:
        found.append((language.text("Saved segments"), [("segment", title(language.text("those who")))]))
    return found


def shown_groups(groups: Groups, language: Language, segments: Sequence[str], currency: str) -> tuple[ShownGroup, ...]:
    """The form with its words."""
    return tuple(
        ShownGroup(
            place,
            group.match,
            tuple(
                _shown_row(row, f"g{place}-{number}-", f"{place}:{number}", language, segments, currency)
                for number, row in enumerate(group.rows)
            ),
        )
        for place, group in enumerate(groups)
    )


def _shown_row(row: Row, key: str, place: str, language: Language, segments: Sequence[str], currency: str) -> ShownRow:
    def options(words: Mapping[str, str], chosen: Sequence[str]) -> tuple[Option, ...]:
        return tuple(Option(value, language.text(english) if english else value, value in chosen) for value, english in words.items())

    ops = SEGMENT_OPS if row.what == "segment" else {op: OP_WORDS[op] for op in row.ops}
    choices: Mapping[str, str] = FIELDS[row.name].choices if row.what.startswith("field:") else {}
    if row.what == "segment":
        shown = tuple(Option(name, name, name == row.value) for name in segments)
    else:
        shown = options(choices, row.values if row.op == "in" else (row.value,))
    windows: Mapping[str, str] = {}
    filters: tuple[Option, ...] = ()
    if row.what.startswith("function:"):
        function = FUNCTIONS[row.name]
        if function.windowed:
            windows = WINDOWS if row.window in WINDOWS else {**WINDOWS, row.window: ""}
        filters = options({name: FILTERS[name].label for name in filters_of(row.name)}, (row.by,))
    return ShownRow(
        key=key,
        place=place,
        row=row,
        ops=options(ops, (row.op,)),
        choices=shown,
        windows=options(windows, (row.window,)),
        filters=filters,
        control=_control(row, bool(shown)),
        unit=currency if row.kind == "money" else "%" if row.kind == "share" else language.text("days") if row.kind == "days" else "",
        is_segment=row.what == "segment",
    )


def _control(row: Row, has_choices: bool) -> str:  # noqa: FBT001 - one of two facts about the row
    if row.op == "known":
        return "none"
    if row.what == "segment" or has_choices:
        return "many" if row.op == "in" else "one"
    if row.kind == "day" and row.op != "in":
        return "date"
    return "number" if family(row.kind) == "number" and row.op != "in" else "text"
