"""What is compared on two cards, in which grades, and how often each grade is met with one customer and with two.

The shares are where learning starts and what a small base keeps: a base without enough pairs to learn from says little against them.
Each condition is in the words that every engine knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping

Grade = Literal["equal", "shared", "within", "condition", "other"]


@dataclass(frozen=True)
class Level:
    """One grade of likeness.

    Args:
        slug: its name in evidence.
        grade: `equal` a column; `shared` something of a list; `within`: the shorter list is part of the longer; `condition`: SQL; `other`.
        what: the column or the condition.
        same: share of pairs of one customer that are of this grade.
        apart: share of pairs of two customers.
        text: the evidence in words.
        by_term: equal rare values weigh more than equal common ones.
    """

    slug: str
    grade: Grade
    what: str
    same: float
    apart: float
    text: str
    by_term: bool = False


@dataclass(frozen=True)
class Trait:
    """One thing compared.

    Args:
        name: of the trait.
        unknown: SQL: one of the cards does not say.
        levels: grades from the best; the last is the rest.
    """

    name: str
    unknown: str
    levels: tuple[Level, ...]


def _near(column: str, short: int = 4, long: int = 8) -> str:
    """One sign wrong in a word, two in a long one (two swapped signs count as two)."""
    left, right = f'"{column}_l"', f'"{column}_r"'
    return (
        f"(levenshtein({left}, {right}) <= 1 AND length({left}) >= {short} AND length({right}) >= {short}) OR "
        f"(levenshtein({left}, {right}) <= 2 AND length({left}) >= {long} AND length({right}) >= {long})"
    )


def _missing(column: str) -> str:
    return f'"{column}_l" IS NULL OR "{column}_r" IS NULL'


_SISTERS: Final = (
    f'"email_domain_l" = "email_domain_r" AND "email_l" <> "email_r" AND "company_l" <> "company_r" AND NOT ({_near("company", 5, 10)})'
)
"""Companies of one group have one domain under several names: the domain is no second evidence beside the part of the name it spells."""

_NAMES_OF_PERSON: Final = (
    Trait(
        "surname",
        _missing("surname"),
        (
            Level("equal", "equal", "surname", 0.84, 0.003, message("the surname is the same"), by_term=True),
            Level("near", "condition", _near("surname"), 0.09, 0.003, message("the surname is nearly the same")),
            Level("other", "other", "", 0.07, 0.994, message("the surname differs")),
        ),
    ),
    Trait(
        "first",
        _missing("first_initial"),
        (
            Level("equal", "equal", "first", 0.84, 0.03, message("the given name is the same"), by_term=True),
            Level("form", "shared", "firsts", 0.04, 0.005, message("the given name is a short form of the other")),
            Level(
                "initial",
                "condition",
                '("first_l" IS NULL OR "first_r" IS NULL) AND "first_initial_l" = "first_initial_r"',
                0.07,
                0.05,
                message("the initial of the given name is the same"),
            ),
            Level("near", "condition", _near("first"), 0.03, 0.004, message("the given name is nearly the same")),
            Level("other", "other", "", 0.02, 0.911, message("the given name differs")),
        ),
    ),
    Trait(
        "middle",
        _missing("middle_initial"),
        (
            Level("equal", "equal", "middle", 0.88, 0.03, message("the patronymic is the same"), by_term=True),
            Level(
                "initial",
                "condition",
                '("middle_l" IS NULL OR "middle_r" IS NULL) AND "middle_initial_l" = "middle_initial_r"',
                0.06,
                0.06,
                message("the initial of the patronymic is the same"),
            ),
            Level("near", "condition", _near("middle", 6, 11), 0.04, 0.004, message("the patronymic is nearly the same")),
            Level("other", "other", "", 0.02, 0.906, message("the patronymic differs")),
        ),
    ),
    Trait(
        "birth",
        _missing("birth_on"),
        (
            Level("equal", "equal", "birth_on", 0.97, 0.0001, message("the birth date is the same")),
            Level("other", "other", "", 0.03, 0.9999, message("the birth date differs")),
        ),
    ),
)

_REACH: Final = (
    Trait(
        "phone",
        _missing("phones"),
        (
            Level("equal", "shared", "phones", 0.45, 0.00002, message("a phone is the same")),
            Level("tail", "equal", "phone_tail", 0.02, 0.00001, message("the last seven digits of the phone are the same")),
            Level("near", "condition", 'levenshtein("phone_l", "phone_r") <= 1', 0.06, 0.00003, message("one digit of the phone differs")),
            Level("other", "other", "", 0.47, 0.99994, message("the phone differs")),
        ),
    ),
    Trait(
        "email",
        _missing("emails") + ' OR (("email_own_l" IS NULL OR "email_own_r" IS NULL) AND "email_l" <> "email_r" '
        f'AND levenshtein("email_local_l", "email_local_r") <= 2) OR ({_SISTERS})',
        (
            Level("equal", "shared", "emails", 0.4, 0.00002, message("an e-mail is the same")),
            Level("local", "equal", "email_own", 0.12, 0.0002, message("the e-mail is the same before the @"), by_term=True),
            Level(
                "near",
                "condition",
                f'"email_digits_l" = "email_digits_r" AND ({_near("email_own", 6, 9)})',
                0.08,
                0.0004,
                message("the e-mail is nearly the same before the @"),
            ),
            Level("domain", "shared", "email_domains", 0.06, 0.0004, message("the e-mails are of one own domain")),
            Level("other", "other", "", 0.34, 0.99898, message("the e-mail differs")),
        ),
    ),
    Trait(
        "city",
        _missing("city"),
        (
            Level("equal", "equal", "city", 0.88, 0.08, message("the city is the same"), by_term=True),
            Level("other", "other", "", 0.12, 0.92, message("the city differs")),
        ),
    ),
)

_NAMES_OF_COMPANY: Final = (
    Trait(
        "company",
        _missing("company"),
        (
            Level("equal", "equal", "company", 0.7, 0.0005, message("the company's name is the same"), by_term=True),
            Level("near", "condition", _near("company", 5, 10), 0.12, 0.0005, message("the company's name is nearly the same")),
            Level("within", "within", "company_words", 0.1, 0.002, message("one company's name is part of the other")),
            Level("word", "shared", "company_words", 0.05, 0.02, message("the companies' names have a word in common")),
            Level("other", "other", "", 0.03, 0.977, message("the company's name differs")),
        ),
    ),
    Trait(
        "inn",
        _missing("inn"),
        (
            Level("equal", "equal", "inn", 0.97, 0.00005, message("the INN is the same")),
            Level("other", "other", "", 0.03, 0.99995, message("the INN differs")),
        ),
    ),
    Trait(
        "people",
        _missing("people"),
        (
            Level("equal", "shared", "people", 0.5, 0.001, message("a contact person is the same")),
            Level("other", "other", "", 0.5, 0.999, message("the contact persons differ")),
        ),
    ),
)

TRAITS: Final[Mapping[str, tuple[Trait, ...]]] = {"person": (*_NAMES_OF_PERSON, *_REACH), "company": (*_NAMES_OF_COMPANY, *_REACH)}
"""Kind of customer -> what is compared, names first."""

TRAINING: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "person": (("surname", "first", "city"), ("email_own",), ("phone_tail",)),
    "company": (("company",), ("email_own",), ("phone_tail",)),
}
"""Kind of customer -> columns within whose equal values the other traits are learnt."""


def level_of(kind: str, trait: str, slug: str) -> Level:
    """A grade by its names."""
    return next(level for item in TRAITS[kind] if item.name == trait for level in item.levels if level.slug == slug)
