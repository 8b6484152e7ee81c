"""Definitions from YAML: everything a person may have written wrong is told in one sentence with the file, the key and what is allowed."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass
from string import Formatter
from typing import TYPE_CHECKING, Final

from kogorta.kit.errors import InputError
from kogorta.segments.evidence.definition import UNKNOWN, Definition, EvidenceClass, Line, Minimum, Words
from kogorta.segments.evidence.measures import FIELDS, LINE_KEYS, MEASURES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

LARGEST: Final = 200_000
"""Bytes of a definition."""
MOST_CLASSES: Final = 60
MOST_LINES: Final = 30
MOST_TEXTS: Final = 200
LONGEST: Final = 500
PLACEHOLDERS: Final = ("value", "of", "times", "at_least", "at_most")

_SLUG: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TOP: Final = ("name", "title", "method", "classes", "choose", "minimum", "field", "words", "open")
_TOP_OF: Final = {
    "evidence": ("name", "title", "method", "classes", "choose", "minimum"),
    "bands": ("name", "title", "method", "classes", "field", "words"),
    "values": ("name", "title", "method", "classes", "field", "words", "open"),
}
_CLASS_OF: Final = {
    "evidence": ("name", "title", "message", "evidence"),
    "bands": ("name", "title", "message", "from", "to"),
    "values": ("name", "title", "message", "values"),
}
_LINE: Final = ("measure", "words", "at_least", "at_most", "weight", "effect", "least", "about")
_STRUCTURE: Final = (dict, list)


@dataclass(frozen=True)
class _Node:
    """A value of the file and the way to it."""

    file: str
    key: str
    value: object

    def refuse(self, text: str, **values: object) -> InputError:
        shown = "..." if isinstance(self.value, _STRUCTURE) else repr(self.value)
        return InputError(text, file=self.file, key=self.key, value=shown if len(shown) <= 80 else shown[:77] + "...", **values)

    def mapping(self, allowed: Collection[str], needed: Collection[str] = ()) -> Mapping[str, _Node]:
        if not isinstance(self.value, dict):
            raise self.refuse("{file}: {key} is {value}; write keys and values in it: {names}.", names=", ".join(allowed))
        for name in self.value:
            if name not in allowed:
                shown = repr(name) if len(repr(name)) <= 80 else repr(name)[:77] + "..."
                raise self.refuse("{file}: {key} has no key {name}; allowed are {names}.", name=shown, names=", ".join(allowed))
        for name in needed:
            if self.value.get(name) is None:
                raise self.refuse("{file}: {key} needs {name}; it has {names}.", name=name, names=", ".join(map(str, self.value)) or "-")
        prefix = "" if self.key == _WHOLE else self.key + "."
        return {name: _Node(self.file, prefix + name, value) for name, value in self.value.items() if value is not None}

    def items(self, most: int) -> tuple[_Node, ...]:
        if not isinstance(self.value, list) or not 1 <= len(self.value) <= most:
            raise self.refuse("{file}: {key} is {value}; write a list of 1 to {most} items in it.", most=most)
        return tuple(_Node(self.file, f"{self.key}[{place}]", value) for place, value in enumerate(self.value, 1))

    def text(self, longest: int = LONGEST) -> str:
        if not isinstance(self.value, str) or not self.value.strip() or len(self.value) > longest:
            raise self.refuse("{file}: {key} is {value}; write a text of 1 to {longest} characters in quotes.", longest=longest)
        if any(ord(letter) < 32 and letter not in "\n\t" for letter in self.value):
            raise self.refuse("{file}: {key} is {value}; write a text without control characters.")
        return " ".join(self.value.split())

    def slug(self) -> str:
        if not isinstance(self.value, str) or not _SLUG.fullmatch(self.value):
            raise self.refuse("{file}: {key} is {value}; write 1 to 40 lower-case Latin letters, digits and underscores, a letter first.")
        return self.value

    def choice(self, allowed: Collection[str]) -> str:
        if not isinstance(self.value, str) or self.value not in allowed:
            raise self.refuse("{file}: {key} is {value}; allowed are {names}.", names=", ".join(allowed))
        return self.value

    def number(self, low: float, high: float) -> float:
        number = self.value
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not math.isfinite(number) or not low <= number <= high:
            raise self.refuse("{file}: {key} is {value}; write a number from {low} to {high}.", low=f"{low:g}", high=f"{high:g}")
        return float(number)

    def whole(self, low: int, high: int) -> int:
        if isinstance(self.value, bool) or not isinstance(self.value, int) or not low <= self.value <= high:
            raise self.refuse("{file}: {key} is {value}; write a whole number from {low} to {high}.", low=low, high=high)
        return self.value

    def truth(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.refuse("{file}: {key} is {value}; write true or false.")
        return self.value

    def words(self, placeholders: Collection[str] | None = None) -> Words:
        """Both languages; `placeholders` None means that braces mean themselves."""
        both = self.mapping(("ru", "en"), ("ru", "en"))
        for node in both.values():
            if placeholders is not None:
                node._check_placeholders(placeholders)
        return Words(both["ru"].text(), both["en"].text())

    def _check_placeholders(self, allowed: Collection[str]) -> None:
        shown = ", ".join("{" + name + "}" for name in allowed)
        try:
            parts = list(Formatter().parse(self.text()))
        except ValueError as error:
            raise self.refuse("{file}: {key} has a brace that does not close; allowed are {names}.", names=shown) from error
        for _, name, form, conversion in parts:
            if name is not None and (name not in allowed or form or conversion):
                raise self.refuse("{file}: {key} has the placeholder {name}; allowed are {names}.", name=name or "{}", names=shown)

    def texts(self) -> tuple[str, ...]:
        """Texts in the form they are compared in, each once."""
        found = tuple(folded(item.text(100)) for item in self.items(MOST_TEXTS))
        return tuple(dict.fromkeys(found))


_WHOLE: Final = "the definition"


def folded(text: str) -> str:
    """The form texts are compared in: lower case, ё as е, single spaces.

    Example:
        >>> folded(" Ёлки ")
        'елки'
    """
    return " ".join(text.lower().replace("ё", "е").split())


def parse_definition(text: str, file: str) -> Definition:
    """A definition from the text of a YAML file.

    Args:
        text: YAML.
        file: what to call it in errors.

    Returns:
        The definition, every name and number of it checked.

    Raises:
        InputError: the text is no definition; the sentence names the file, the key, the value and what is allowed.

    Example:
        >>> parse_definition("name: x", "my.yaml")
        Traceback (most recent call last):
        kogorta.kit.errors.InputError: my.yaml: the definition needs title; it has name.
    """
    if len(text.encode("utf-8", "replace")) > LARGEST:
        raise InputError("{file} is longer than {most} bytes; a definition is shorter.", file=file, most=LARGEST)
    root = _Node(file, _WHOLE, _load(text, file))
    top = root.mapping(_TOP, ("name", "title", "method"))
    method = top["method"].choice(("evidence", "bands", "values"))
    opened = method == "values" and "open" in top and top["open"].truth()
    top = root.mapping(_TOP_OF[method], (*(() if opened else ("classes",)), *(() if method == "evidence" else ("field", "words"))))
    fields = tuple(name for name, found in FIELDS.items() if found.number == (method == "bands"))
    classes = tuple(_class(node, method) for node in top["classes"].items(MOST_CLASSES)) if "classes" in top else ()
    _check_different(root, "classes", [found.name for found in classes])
    _check_different(root, "classes", [value for found in classes for value in found.values])
    if method == "bands":
        _check_bands(root, classes)
    return Definition(
        name=top["name"].slug(),
        title=top["title"].words(),
        method=method,  # type: ignore[arg-type]
        classes=classes,
        choose=top["choose"].choice(("strongest", "first")) if "choose" in top else "strongest",  # type: ignore[arg-type]
        minimum=_minimum(top["minimum"]) if "minimum" in top else Minimum(),
        card=top["field"].choice(fields) if "field" in top else "",
        words=top["words"].words(("value",)) if "words" in top else None,
        open=opened,
        file=file,
    )


def _load(text: str, file: str) -> object:
    import yaml

    class Loader(yaml.SafeLoader):
        """The safe loader, which also refuses a key written twice."""

    def construct(loader: Loader, node: yaml.MappingNode) -> dict[object, object]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for place, key in enumerate(keys):
            if key in keys[:place]:
                raise yaml.MarkedYAMLError(None, None, f"the key {key!r} is written twice", node.start_mark)
        return loader.construct_mapping(node, deep=True)

    Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, construct)
    try:
        return yaml.load(text, Loader)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InputError(
            "{file}, line {line}: this is not YAML ({problem}); compare it with a shipped definition.",
            file=file,
            line=line,
            problem=str(error.problem)[:200],
        ) from error
    except (yaml.YAMLError, RecursionError, ValueError, TypeError) as error:
        raise InputError(
            "{file} is not YAML ({problem}); compare it with a shipped definition.",
            file=file,
            problem=" ".join(str(error).split())[:200],
        ) from error


def _class(node: _Node, method: str) -> EvidenceClass:
    needed = ("name", "title", *(("evidence",) if method == "evidence" else ("values",) if method == "values" else ()))
    parts = node.mapping(_CLASS_OF[method], needed)
    name = parts["name"].slug()
    if name == UNKNOWN:
        raise parts["name"].refuse("{file}: {key} is {value}; that name is kept for customers about whom too little is known.")
    lines = tuple(_line(item) for item in parts["evidence"].items(MOST_LINES)) if "evidence" in parts else ()
    if method == "evidence" and not any(line.weight for line in lines):
        raise parts["evidence"].refuse("{file}: {key} has no line that supports the class; give at least one a weight.")
    return EvidenceClass(
        name=name,
        title=parts["title"].words(),
        message=parts["message"].words() if "message" in parts else None,
        lines=lines,
        from_=parts["from"].number(-1e9, 1e9) if "from" in parts else None,
        to=parts["to"].number(-1e9, 1e9) if "to" in parts else None,
        values=parts["values"].texts() if "values" in parts else (),
    )


def _line(node: _Node) -> Line:
    parts = node.mapping((*_LINE, *LINE_KEYS), ("measure", "words"))
    measure = MEASURES[parts["measure"].choice(tuple(MEASURES))]
    parts = node.mapping((*_LINE, *measure.needs, *measure.takes), ("measure", "words", *measure.needs))
    effect = parts["effect"].choice(("supports", "required", "excludes")) if "effect" in parts else "supports"
    low, high = (parts[name].number(measure.low, measure.high) if name in parts else None for name in ("at_least", "at_most"))
    if measure.unit == "word" and low is None and high is None:
        low = 1.0
    if low is None and high is None:
        raise node.refuse("{file}: {key} needs at_least or at_most, or both.")
    if low is not None and high is not None and low > high:
        raise node.refuse("{file}: {key} has at_least {low} above at_most {high}.", low=f"{low:g}", high=f"{high:g}")
    if effect == "excludes" and "weight" in parts:
        raise parts["weight"].refuse("{file}: {key} is {value}; a line that excludes has no weight, leave it out.")
    if effect != "excludes" and "weight" not in parts:
        raise node.refuse("{file}: {key} needs {name}; it has {names}.", name="weight", names=", ".join(parts))
    field = parts["field"].choice(tuple(FIELDS)) if "field" in parts else ""
    return Line(
        measure=measure.name,
        words=parts["words"].words(PLACEHOLDERS),
        at_least=low,
        at_most=high,
        weight=parts["weight"].whole(1, 1000) if "weight" in parts else 0,
        effect=effect,  # type: ignore[arg-type]
        least=parts["least"].whole(measure.floor, 10_000) if "least" in parts else measure.least,
        about=parts["about"].words() if "about" in parts else None,
        naming=parts["naming"].texts() if "naming" in parts else (),
        types=parts["types"].texts() if "types" in parts else (),
        within=parts["within"].whole(1, 36_500) if "within" in parts else None,
        value_from=parts["value_from"].number(-1e9, 1e9) if "value_from" in parts else None,
        questions=parts["questions"].texts() if "questions" in parts else (),
        card=field,
        values=parts["values"].texts() if "values" in parts else (),
    )


def _minimum(node: _Node) -> Minimum:
    parts = node.mapping(("score", "lead", "records"))
    default = Minimum()
    return Minimum(
        score=parts["score"].number(0.01, 1) if "score" in parts else default.score,
        lead=parts["lead"].number(0, 1) if "lead" in parts else default.lead,
        records=parts["records"].whole(1, 10_000) if "records" in parts else default.records,
    )


def _check_different(node: _Node, key: str, found: list[str]) -> None:
    for place, name in enumerate(found):
        if name in found[:place]:
            raise InputError("{file}: {key} has {value} twice; each must be different.", file=node.file, key=key, value=repr(name))


def _check_bands(node: _Node, classes: tuple[EvidenceClass, ...]) -> None:
    ordered = sorted(classes, key=lambda found: -math.inf if found.from_ is None else found.from_)
    for found in classes:
        if found.from_ is not None and found.to is not None and found.from_ > found.to:
            raise InputError("{file}: the band {first} begins above its end.", file=node.file, first=found.name)
    for lower, upper in itertools.pairwise(ordered):
        if lower.to is None or upper.from_ is None or lower.to >= upper.from_:
            raise InputError("{file}: the bands {first} and {second} overlap.", file=node.file, first=lower.name, second=upper.name)
