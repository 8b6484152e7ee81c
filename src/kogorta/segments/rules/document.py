"""A rule as a JSON document with a version number, and back."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Final

from kogorta.kit.errors import InputError
from kogorta.segments.rules.fields import filter_named
from kogorta.segments.rules.leaves import (
    Attribute,
    Compare,
    Condition,
    DateGap,
    Figure,
    InSegment,
    Measure,
    Moved,
    Property,
    RandomShare,
    Value,
)
from kogorta.segments.rules.tree import MOST_DEPTH, All, Any_, Node, Not
from kogorta.segments.rules.windows import ALL_TIME, parse_window

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kogorta.segments.rules.fields import Kind
    from kogorta.segments.rules.windows import Window

VERSION: Final = 1
MOST_CHARACTERS: Final = 1_000_000

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_KEYS: Final[Mapping[str, frozenset[str]]] = {
    "all": frozenset(),
    "any": frozenset(),
    "not": frozenset(),
    "field": frozenset({"op", "value"}),
    "attribute": frozenset({"op", "value"}),
    "attribute_number": frozenset({"op", "value"}),
    "days_since": frozenset({"op", "value"}),
    "days_to": frozenset({"op", "value"}),
    "days_after": frozenset({"op", "value"}),
    "measure": frozenset({"op", "value", "window", "where"}),
    "segment": frozenset(),
    "entered": frozenset({"window"}),
    "left": frozenset({"window"}),
    "random": frozenset({"from", "to"}),
}
"""The key that says what a node is -> the other keys it may have."""


def to_json(rule: Node, *, indent: int | None = None) -> str:
    """The rule as JSON text; `from_json` reads it back to an equal tree.

    Args:
        rule: the tree.
        indent: spaces per level for people and git; None for one line.

    Returns:
        A document `{"version": 1, "rule": ...}`.

    Example:
        >>> to_json(Compare(Property("age"), ">=", 18))
        '{"version": 1, "rule": {"field": "age", "op": ">=", "value": 18}}'
    """
    return json.dumps({"version": VERSION, "rule": to_document(rule)}, ensure_ascii=False, indent=indent)


def to_document(rule: Node) -> dict[str, Json]:
    """The tree as plain values, without the version."""
    if isinstance(rule, All):
        return {"all": [to_document(part) for part in rule.parts]}
    if isinstance(rule, Any_):
        return {"any": [to_document(part) for part in rule.parts]}
    if isinstance(rule, Not):
        return {"not": to_document(rule.part)}
    if isinstance(rule, InSegment):
        return {"segment": rule.name}
    if isinstance(rule, Moved):
        return {rule.way: rule.name, "window": str(rule.window)}
    if isinstance(rule, RandomShare):
        return {"random": rule.salt, "from": rule.start, "to": rule.end}
    return {**_figure_document(rule.figure), **_comparison(rule.op, rule.value)}


def _figure_document(figure: Figure) -> dict[str, Json]:
    if isinstance(figure, Property):
        return {"field": figure.name}
    if isinstance(figure, Attribute):
        return {"attribute_number" if figure.numeric else "attribute": figure.key}
    if isinstance(figure, DateGap):
        return {figure.way: figure.name}
    document: dict[str, Json] = {"measure": figure.function, "window": str(figure.window)}
    if figure.where:
        document["where"] = [{"filter": item.name, **_comparison(item.op, item.value)} for item in figure.where]
    return document


def _comparison(op: str, value: Value) -> dict[str, Json]:
    if value is None:
        return {"op": op}
    if isinstance(value, tuple):
        return {"op": op, "value": [_plain(item) for item in value]}
    return {"op": op, "value": _plain(value)}


def _plain(value: str | float | date) -> Json:
    return value.isoformat() if isinstance(value, date) else value


def from_json(text: str) -> Node:
    """A rule from its JSON text.

    Args:
        text: a document with `version` and `rule`.

    Returns:
        The tree, checked.

    Raises:
        InputError: it is not JSON, has another version, or is not a rule; the message says where (a path such as `rule.all[2]`).

    Example:
        >>> from_json('{"version": 1, "rule": {"field": "age", "op": ">=", "value": 18}}').op
        '>='
    """
    if len(text) > MOST_CHARACTERS:
        raise InputError(
            "The rule has {count} characters of JSON; up to {most_characters} are allowed.",
            count=len(text),
            most_characters=MOST_CHARACTERS,
        )
    # a node takes two levels of brackets; the list of values and of filters a few more
    deepest = _nesting(text)
    if deepest > 2 * MOST_DEPTH + 8:
        raise InputError(
            "The rule is nested {deepest} brackets deep; up to {most_depth} levels of conditions are allowed.",
            deepest=deepest,
            most_depth=MOST_DEPTH,
        )
    try:
        document = json.loads(text, parse_constant=_no_constant)
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        where = InputError("a number in it")
        if isinstance(error, json.JSONDecodeError):
            where = InputError("line {line}, column {column}", line=error.lineno, column=error.colno)
        raise InputError(
            "The rule is not valid JSON ({where}); write it with to_json(), or correct that place.",
            where=where,
        ) from error
    if not isinstance(document, dict):
        raise InputError('The rule is not a JSON object; write {"version": 1, "rule": {...}}.')
    version = document.get("version")
    if type(version) is not int or version != VERSION:
        raise InputError(
            "The version of the rule is {value}; this program reads version {version}.",
            value=str(version)[:40],
            version=VERSION,
        )
    strange = sorted(set(document) - {"version", "rule"})
    if strange:
        raise InputError(
            "The document has a key {value!r} that means nothing; it has version and rule.",
            value=strange[0][:40],
        )
    return from_document(document.get("rule"))


def from_document(document: Json, path: str = "rule") -> Node:
    """The tree from plain values.

    Raises:
        InputError: a node is not one; the message begins with its path.
    """
    if not isinstance(document, dict):
        raise InputError(
            '{path}: a condition must be an object such as {{"field": "age", "op": ">=", "value": 18}}.',
            path=path,
        )
    sort = next((key for key in _KEYS if key in document), None)
    if sort is None:
        raise InputError(
            "{path}: the condition says nothing; it needs one of the keys {names}.",
            path=path,
            names=", ".join(_KEYS),
        )
    strange = sorted(set(document) - {sort} - _KEYS[sort])
    if strange:
        raise InputError(
            "{path}: the key {value!r} does not belong to a condition of the sort {sort!r}.",
            path=path,
            value=strange[0][:40],
            sort=sort,
        )
    if sort in ("all", "any"):
        parts = document[sort]
        if not isinstance(parts, list):
            raise InputError(
                "{path}.{sort}: it must be a list of conditions.",
                path=path,
                sort=sort,
            )
        nodes = tuple(from_document(part, f"{path}.{sort}[{place}]") for place, part in enumerate(parts))
        return _placed(path, lambda: All(nodes) if sort == "all" else Any_(nodes))
    if sort == "not":
        inner = from_document(document["not"], f"{path}.not")
        return _placed(path, lambda: Not(inner))
    return _placed(path, lambda: _leaf(sort, document))


def _placed(path: str, make: Callable[[], Node]) -> Node:
    try:
        return make()
    except InputError as error:
        raise InputError(
            "{path}: {error}",
            path=path,
            error=error,
        ) from error


def _leaf(sort: str, document: dict[str, Json]) -> Node:
    name = document[sort]
    if not isinstance(name, str):
        raise InputError(
            "{sort!r} must be a name in quotes.",
            sort=sort,
        )
    if sort == "segment":
        return InSegment(name)
    if sort in ("entered", "left"):
        return Moved(sort, name, _window(document))
    if sort == "random":
        start, end = document.get("from", 0), document.get("to")
        if not isinstance(start, int | float) or not isinstance(end, int | float):
            raise InputError("a random share needs 'to' (and may have 'from') as numbers between 0 and 1.")
        return RandomShare(name, start, end)
    figure = _figure(sort, name, document)
    op = document.get("op")
    if not isinstance(op, str):
        raise InputError('the condition has no operator; add for example "op": ">=".')
    return Compare(figure, op, _value(figure.kind, document.get("value")))


def _figure(sort: str, name: str, document: dict[str, Json]) -> Figure:
    if sort == "field":
        return Property(name)
    if sort == "attribute":
        return Attribute(name)
    if sort == "attribute_number":
        return Attribute(name, numeric=True)
    if sort == "measure":
        where = document.get("where", [])
        if not isinstance(where, list):
            raise InputError("'where' must be a list of filters.")
        return Measure(name, _window(document), tuple(_condition(item) for item in where))
    return DateGap(sort, name)


def _condition(document: Json) -> Condition:
    name = document.get("filter") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(name, str) or set(document) - {"filter", "op", "value"}:
        raise InputError('a filter must be an object such as {"filter": "category", "op": "=", "value": "toys"}.')
    op = document.get("op")
    return Condition(name, op if isinstance(op, str) else "", _value(filter_named(name).kind, document.get("value")))


def _window(document: dict[str, Json]) -> Window:
    text = document.get("window", str(ALL_TIME))
    if not isinstance(text, str):
        raise InputError('\'window\' must be text such as "30d" or "all".')
    return parse_window(text)


def _value(kind: Kind, value: Json) -> Value:
    """A JSON value as the kind needs it; whatever does not fit is left for the leaf to refuse."""
    if isinstance(value, list):
        return tuple(_value(kind, item) for item in value)  # type: ignore[misc]
    if kind == "day" and isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value  # type: ignore[return-value]


def _no_constant(text: str) -> None:
    raise InputError(
        "The rule holds the number {text}; only finite numbers are allowed.",
        text=text,
    )


def _nesting(text: str) -> int:
    """How deep brackets are nested, outside of texts: known before anything recurses into them."""
    deepest = level = 0
    quoted = escaped = False
    for letter in text:
        if quoted:
            if escaped:
                escaped = False
            elif letter == "\\":
                escaped = True
            elif letter == '"':
                quoted = False
        elif letter == '"':
            quoted = True
        elif letter in "[{":
            level += 1
            deepest = max(deepest, level)
        elif letter in "]}":
            level -= 1
    return deepest
