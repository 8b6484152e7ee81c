"""The form of a rule: groups joined by "and", in each group conditions joined by "all" or "any"; to and from the tree.

Names of controls are places (`g0-match`, `g0-1-what`); what they hold is looked up in the registry of the rule language, never used as is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Final

from kogorta.desk.errors import DeskError
from kogorta.kit.language import message
from kogorta.segments.rules.fields import FIELDS, FILTERS, FUNCTIONS, OPERATORS, family
from kogorta.segments.rules.leaves import Compare, Condition, InSegment, Measure, Property
from kogorta.segments.rules.tree import MOST_LEAVES, All, Any_, Not
from kogorta.segments.rules.windows import ALL_TIME, parse_window

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kogorta.segments.rules.fields import Kind
    from kogorta.segments.rules.leaves import Scalar, Value
    from kogorta.segments.rules.tree import Node

MOST_GROUPS: Final = 50
OP_WORDS: Final[Mapping[str, str]] = {
    "=": message("equals"),
    "!=": message("is not"),
    "<": message("less than"),
    "<=": message("at most"),
    ">": message("more than"),
    ">=": message("at least"),
    "between": message("from … to …"),
    "in": message("one of"),
    "contains": message("contains"),
    "known": message("is known"),
}
SEGMENT_OPS: Final[Mapping[str, str]] = {"=": message("belong"), "!=": message("do not belong")}
WINDOWS: Final[Mapping[str, str]] = {
    "all": message("of all time"),
    "7d": message("in the last 7 days"),
    "30d": message("in the last 30 days"),
    "90d": message("in the last 90 days"),
    "180d": message("in the last 180 days"),
    "365d": message("in the last 365 days"),
}
FUNCTION_WORDS: Final[Mapping[str, str]] = {
    "orders": message("number of orders"),
    "revenue": message("sum of purchases"),
    "days_since_order": message("days since the last such order"),
    "days_since_first_order": message("days since the first such order"),
    "events": message("number of events"),
    "days_since_event": message("days since the last event"),
    "days_since_first_event": message("days since the first event"),
}
"""Functions whose sentence has a wording of its own; the others are called by their label."""


@dataclass(frozen=True)
class Row:
    """One condition as it stands in the form: texts of the controls.

    Args:
        what: `field:NAME`, `function:NAME` or `segment`.
        op: an operator.
        value, value2: what is typed; the second is for `between`.
        values: chosen of a list.
        window: of a function: `all`, `30d`, ...
        by, by_value: one filter of a function, and what it equals.
    """

    what: str = "field:recency_days"
    op: str = ">="
    value: str = ""
    value2: str = ""
    values: tuple[str, ...] = ()
    window: str = "all"
    by: str = ""
    by_value: str = ""

    @property
    def name(self) -> str:
        """Name in the registry."""
        return self.what.partition(":")[2]

    @property
    def kind(self) -> Kind:
        """Type of the value; a segment is a choice."""
        if self.what.startswith("field:") and self.name in FIELDS:
            return FIELDS[self.name].kind
        if self.what.startswith("function:") and self.name in FUNCTIONS:
            return FUNCTIONS[self.name].kind
        return "choice"

    @property
    def ops(self) -> tuple[str, ...]:
        """Operators it may have."""
        return tuple(SEGMENT_OPS) if self.what == "segment" else OPERATORS[family(self.kind)]

    def settled(self) -> Row:
        """The row after another thing was chosen: an operator and values that do not fit are taken away."""
        what = self.what if _is_known(self.what) else Row.what
        row = replace(self, what=what)
        choices = FIELDS[row.name].choices if row.what.startswith("field:") else {}
        if row.op not in row.ops:
            default = ">=" if ">=" in row.ops else row.ops[0]
            row = replace(row, op=default)
        if choices:
            single = row.value if row.value in choices else next(iter(choices))
            row = replace(row, value=single, values=tuple(item for item in row.values if item in choices) or (single,))
        elif family(row.kind) == "number" and row.kind != "day" and row.op != "in":
            # a word left over from a text field is no number
            row = replace(row, value=_numeric(row.value), value2=_numeric(row.value2))
        if row.what.startswith("function:"):
            function = FUNCTIONS[row.name]
            allowed = filters_of(row.name)
            window = row.window if function.windowed and _is_window(row.window) else "all"
            row = replace(row, window=window, by=row.by if row.by in allowed else "")
        else:
            row = replace(row, window="all", by="", by_value="")
        return row


@dataclass(frozen=True)
class Group:
    """Conditions joined by `all` or `any`."""

    match: str = "all"
    rows: tuple[Row, ...] = field(default_factory=lambda: (Row(),))


Groups = tuple[Group, ...]


def read_groups(given: Mapping[str, str], lists: Mapping[str, Sequence[str]]) -> Groups:
    """Groups from the controls of the form, in their order.

    Args:
        given: name of a control -> its last value.
        lists: name of a control -> all of its values.

    Raises:
        DeskError: there are more conditions than a rule may have.
    """
    groups: list[Group] = []
    leaves = 0
    for place in range(MOST_GROUPS):
        if f"g{place}-match" not in given:
            break
        rows = []
        for number in range(MOST_LEAVES + 1):
            key = f"g{place}-{number}-"
            if key + "what" not in given:
                break
            texts = {
                name: given.get(f"{key}{name}", "").replace("\x00", "")[:1000]
                for name in ("what", "op", "value", "value2", "window", "by", "by_value")
            }
            rows.append(Row(**texts, values=tuple(item[:1000] for item in lists.get(key + "values", ()))[:1000]).settled())
        leaves += len(rows)
        if rows:
            groups.append(Group("any" if given[f"g{place}-match"] == "any" else "all", tuple(rows)))
    if leaves > MOST_LEAVES:
        raise DeskError("The rule has {leaves} conditions; up to {most_leaves} are allowed.", leaves=leaves, most_leaves=MOST_LEAVES)
    return tuple(groups) or (Group(),)


def changed(groups: Groups, deed: str) -> Groups:
    """The groups after a button was pressed: `row:0`, `group`, `drop:0:1`, `copy:0:1`, `up:0:1`, `down:0:1`, `drop-group:0`."""
    name, *numbers = deed.split(":")
    if not all(item.isascii() and item.isdigit() and len(item) < 5 for item in numbers):
        return groups
    place, number = ([int(item) for item in numbers] + [-1, -1])[:2]
    found = list(groups)
    if name == "group" and len(found) < MOST_GROUPS:
        return (*found, Group())
    if not 0 <= place < len(found):
        return groups
    rows = list(found[place].rows)
    if name == "row":
        rows.append(Row())
    elif name == "drop-group":
        del found[place]
        return tuple(found) or (Group(),)
    elif not 0 <= number < len(rows):
        return groups
    elif name == "drop":
        del rows[number]
    elif name == "copy":
        rows.insert(number, rows[number])
    elif name in {"up", "down"}:
        other = number + (-1 if name == "up" else 1)
        if 0 <= other < len(rows):
            rows[number], rows[other] = rows[other], rows[number]
    if rows:
        found[place] = replace(found[place], rows=tuple(rows))
    else:
        del found[place]
    return tuple(found) or (Group(),)


def tree_of(groups: Groups) -> Node:
    """The tree of the form.

    Raises:
        InputError: a value does not fit its field; the message says which.
    """
    parts: list[Node] = []
    for group in groups:
        leaves = tuple(_leaf(row) for row in group.rows)
        if len(leaves) == 1:
            parts.append(leaves[0])
        elif group.match == "any":
            parts.append(Any_(leaves))
        elif len(groups) == 1:
            return All(leaves)
        else:
            parts.append(All(leaves))
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def groups_of(rule: Node) -> Groups | None:
    """The form of a tree; None when the tree is deeper than the form, or asks what the form cannot."""
    if not isinstance(rule, All):
        group = _group(rule)
        return None if group is None else (group,)
    if all(not isinstance(part, All | Any_) for part in rule.parts):
        group = _group(rule)
        return None if group is None else (group,)
    found = [_group(part) for part in rule.parts]
    whole = tuple(group for group in found if group is not None)
    return whole if len(whole) == len(found) else None


def filters_of(function: str) -> tuple[str, ...]:
    """Filters of text that a function may have in the form."""
    found = FUNCTIONS[function]
    if found.grain == "events":
        return tuple(name for name, item in FILTERS.items() if "events" in item.grains and item.kind == "text")
    if found.lines == "never":
        return tuple(name for name, item in FILTERS.items() if "orders" in item.grains and item.kind == "text")
    grain = "lines" if found.lines == "always" else "orders"
    return tuple(name for name, item in FILTERS.items() if item.kind == "text" and (grain in item.grains or "lines" in item.grains))


def _group(part: Node) -> Group | None:
    if isinstance(part, All | Any_):
        rows = [_row(leaf) for leaf in part.parts]
        whole = tuple(row for row in rows if row is not None)
        return Group("any" if isinstance(part, Any_) else "all", whole) if len(whole) == len(rows) else None
    row = _row(part)
    return None if row is None else Group("all", (row,))


def _row(leaf: Node) -> Row | None:
    if isinstance(leaf, Not) and isinstance(leaf.part, InSegment):
        return Row("segment", "!=", leaf.part.name)
    if isinstance(leaf, InSegment):
        return Row("segment", "=", leaf.name)
    if not isinstance(leaf, Compare):
        return None
    figure, value = leaf.figure, leaf.value
    many = value if isinstance(value, tuple) else ()
    if leaf.op == "in":
        texts = {"value": ", ".join(_written(item) for item in many), "values": tuple(_written(item) for item in many)}
        if any("," in item for item in many if isinstance(item, str)):
            return None
    elif leaf.op == "between":
        texts = {"value": _written(many[0]), "value2": _written(many[1])}
    else:
        texts = {"value": "" if value is None or isinstance(value, tuple) else _written(value)}
    if isinstance(figure, Property):
        row = Row(f"field:{figure.name}", leaf.op, **texts)  # type: ignore[arg-type]
    elif isinstance(figure, Measure):
        if len(figure.where) > 1 or any(item.op != "=" or not isinstance(item.value, str) for item in figure.where):
            return None
        by = figure.where[0] if figure.where else None
        if by is not None and by.name not in filters_of(figure.function):
            return None
        row = Row(
            f"function:{figure.function}",
            leaf.op,
            window=str(figure.window),
            by=by.name if by else "",
            by_value=str(by.value) if by else "",
            **texts,  # type: ignore[arg-type]
        )
    else:
        return None
    if row.kind == "share":
        row = replace(row, value=_percents(row.value), value2=_percents(row.value2))
    return row


def _leaf(row: Row) -> Node:
    if row.what == "segment":
        found = InSegment(row.value)
        return Not(found) if row.op == "!=" else found
    if row.what.startswith("function:"):
        where = (Condition(row.by, "=", row.by_value),) if row.by and row.by_value.strip() else ()
        return Compare(Measure(row.name, ALL_TIME if row.window == "all" else parse_window(row.window), where), row.op, _value(row))
    return Compare(Property(row.name), row.op, _value(row))


def _value(row: Row) -> Value:
    if row.op == "known":
        return None
    choices = FIELDS[row.name].choices if row.what.startswith("field:") else {}
    if row.op == "in":
        texts = row.values if choices else tuple(item.strip() for item in row.value.split(",") if item.strip())
        return tuple(_scalar(item, row.kind) for item in texts)
    if row.op == "between":
        return _scalar(row.value, row.kind), _scalar(row.value2, row.kind)
    return _scalar(row.value, row.kind)


def _scalar(text: str, kind: Kind) -> Scalar:
    """A typed value; what cannot be read is refused."""
    if kind in ("text", "choice"):
        return text
    clean = "".join(letter for letter in text if not letter.isspace()).replace(",", ".").rstrip("%")
    if not clean:
        raise DeskError("A condition has no value; write one, or take the condition away.")
    try:
        if kind == "day":
            return date.fromisoformat(clean)
        number = int(clean) if clean.lstrip("-").isdigit() and len(clean) < 20 else float(clean)
    except ValueError as error:
        what = message("a date") if kind == "day" else message("a number")
        raise DeskError("“{text}” is not {what}; correct it.", text=text[:40], what=DeskError(what)) from error
    if kind != "share":
        return number
    from decimal import Decimal

    return float(Decimal(clean) / 100) if abs(number) < 1e6 else number


def _written(value: Scalar) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _percents(text: str) -> str:
    from decimal import Decimal

    return f"{(Decimal(text) * 100).normalize():f}" if text else ""


def _numeric(text: str) -> str:
    try:
        float("".join(letter for letter in text if not letter.isspace()).replace(",", ".").rstrip("%"))
    except ValueError:
        return text if len(text) < 20 and not any(letter.isalpha() for letter in text) else ""
    return text


def _is_known(what: str) -> bool:
    kind, _, name = what.partition(":")
    return what == "segment" or (kind == "field" and name in FIELDS) or (kind == "function" and name in FUNCTIONS)


def _is_window(text: str) -> bool:
    return len(text) < 8 and (text == "all" or (text[:-1].isascii() and text[:-1].isdigit() and text[-1:] in "dwmy" and int(text[:-1]) > 0))
