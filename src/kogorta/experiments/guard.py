"""One change at a time: variants must differ in exactly the declared field."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kogorta.kit.language import Language


@dataclass(frozen=True)
class Variant:
    """What one arm gets.

    Args:
        name: name of the arm.
        fields: field -> content: subject, body, offer, landing, send time, channel ...
    """

    name: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class ChangeCheck:
    """Which fields differ between the variants.

    Attributes:
        declared: the one field that is tested.
        changed: fields that differ between any two variants, sorted.
    """

    declared: str
    changed: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Whether exactly the declared field differs."""
        return self.changed == (self.declared,)

    @property
    def bundle(self) -> bool:
        """Whether several fields differ: the test then cannot say which of them worked."""
        return len(self.changed) > 1

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self) | {"changed": list(self.changed), "clean": self.clean, "bundle": self.bundle}

    def words(self, language: Language) -> str:
        """What is wrong, or that nothing is."""
        if self.clean:
            return language.text("The variants differ only in {field}: the effect will be its own.", field=self.declared)
        if not self.changed:
            return language.text("The variants are the same: there is nothing to test in {field}.", field=self.declared)
        extra = ", ".join(name for name in self.changed if name != self.declared)
        if self.declared not in self.changed:
            return language.text("The variants do not differ in {field}, but in {extra}.", field=self.declared, extra=extra)
        return language.text(
            "Besides {field}, the variants differ in {extra}: you will not know what worked. Change one thing at a time.",
            field=self.declared,
            extra=extra,
        )


def check_single_change(variants: Sequence[Variant], declared: str) -> ChangeCheck:
    """Compare the variants field by field; blanks at the ends do not count, a missing field equals an empty one.

    Args:
        variants: what each arm gets, two or more.
        declared: the field that is tested.

    Returns:
        The check.

    Raises:
        InputError: fewer than two variants, a name used twice, or a declared field that no variant has.

    Example:
        >>> a = Variant("A", {"subject": "Hello", "offer": "10 %"})
        >>> b = Variant("B", {"subject": "Hi", "offer": "15 %"})
        >>> check_single_change([a, b], "subject").changed
        ('offer', 'subject')
    """
    if len(variants) < 2:
        raise InputError(
            "there is {variants_count} variant; a test needs at least two.",
            variants_count=len(variants),
        )
    names = [variant.name for variant in variants]
    if len(set(names)) != len(names):
        raise InputError(
            "two variants have the same name among {listed}; give each its own.",
            listed=", ".join(names),
        )
    fields = sorted({field for variant in variants for field in variant.fields})
    if declared not in fields:
        raise InputError(
            "no variant has the declared field {declared!r}; the fields are {listed}.",
            declared=declared,
            listed=", ".join(fields),
        )
    changed = tuple(field for field in fields if len({variant.fields.get(field, "").strip() for variant in variants}) > 1)
    return ChangeCheck(declared, changed)
