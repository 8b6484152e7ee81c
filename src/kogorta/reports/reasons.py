"""Codes of the plan in words: why a customer is on the list, what a forecast rests on, what was tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.kit.language import message, minor_digits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kogorta.kit.language import Language
    from kogorta.reports.wording import Wording
    from kogorta.waves.plan import Contradiction


@dataclass(frozen=True)
class Clash:
    """A contradiction's sentence and the figures it needs, some of them money, some shares, the rest counts."""

    text: str
    needs: tuple[str, ...]
    money: frozenset[str] = frozenset()
    shares: frozenset[str] = frozenset()


_CHECK_FIGURES: Final = ("buyers_low", "buyers_high", "per_buyer_low", "per_buyer_high", "check_low", "check_high")
_RATE_FIGURES: Final = ("conversion_low", "conversion_high", "baseline", "baseline_high")


CONTRADICTIONS: Final[Mapping[str, Clash]] = {
    "check_above_own": Clash(
        message(
            "The claim needs {per_buyer_low} – {per_buyer_high} from each of {buyers_low} – {buyers_high} buyers, "
            "but these customers pay {check_low} – {check_high}. Either the revenue is too high or the list is not this one."
        ),
        _CHECK_FIGURES,
        frozenset({"per_buyer_low", "per_buyer_high", "check_low", "check_high"}),
    ),
    "check_below_own": Clash(
        message(
            "The claim leaves {per_buyer_low} – {per_buyer_high} for each of {buyers_low} – {buyers_high} buyers, "
            "although these customers pay {check_low} – {check_high}. Either the revenue is too low or the conversion too high."
        ),
        _CHECK_FIGURES,
        frozenset({"per_buyer_low", "per_buyer_high", "check_low", "check_high"}),
    ),
    "baseline_not_subtracted": Clash(
        message(
            "The claimed conversion of {conversion_low} – {conversion_high} is no more than would buy anyway: "
            "{baseline}, up to {baseline_high}. The wave would add nothing."
        ),
        _RATE_FIGURES,
        shares=frozenset(_RATE_FIGURES),
    ),
    "conversion_far_above_baseline": Clash(
        message(
            "The claimed conversion of {conversion_low} – {conversion_high} is far above what such customers did before: "
            "{baseline} buy anyway. A contact rarely adds more than ten points."
        ),
        _RATE_FIGURES,
        shares=frozenset(_RATE_FIGURES),
    ),
}
"""Contradictions of `kogorta.waves.forecast.check_claim`; its money is in major units."""
REASONS: Final[Mapping[str, str]] = {
    "used_to_spend_much": message("spent much"),
    "used_to_buy_often": message("bought often"),
    "overdue": message("silent longer than usual"),
}
SHORT_REASONS: Final[Mapping[str, str]] = {
    "used_to_spend_much": message("money"),
    "used_to_buy_often": message("frequency"),
    "overdue": message("pause"),
}
"""One word for each reason, for a list whose rows should keep to one line; a legend says what the words mean."""


def in_words(language: Language, words: Mapping[str, str], code: str) -> str:
    """The text of a code; a code without a text is shown as it is, with spaces."""
    known = words.get(code)
    return language.text(known) if known else code.replace("_", " ")


def reasons(language: Language, codes: tuple[str, ...]) -> str:
    """Why a customer is on the list, strongest reason first."""
    return ", ".join(in_words(language, REASONS, code) for code in codes)


def short_reasons(language: Language, codes: tuple[str, ...]) -> str:
    """The same in a word each."""
    return ", ".join(in_words(language, SHORT_REASONS if code in SHORT_REASONS else REASONS, code) for code in codes)


def legend(language: Language, codes: Iterable[str]) -> str:
    """What the words of `short_reasons` mean, for the codes that occur."""
    present = set(codes)
    return "; ".join(f"{language.text(word)} — {language.text(REASONS[code])}" for code, word in SHORT_REASONS.items() if code in present)


WHY_NOT: Final[Mapping[str, str]] = {
    "too_few_buyers": message("There are too few buyers to compare segments."),
    "not_enough_data": message("The data do not suffice to compare segments."),
}
INPUTS: Final[Mapping[str, str]] = {
    "baseline_rate": message("Share that would buy anyway"),
    "uplift": message("Increase of that share by the wave"),
    "average_check": message("Average check"),
    "expected_orders": message("Orders per customer expected without action"),
    "treated": message("Customers contacted"),
    "horizon": message("Days of the forecast"),
}
INPUT_SOURCES: Final[Mapping[str, str]] = {
    "measured": message("measured on this base"),
    "assumed": message("assumption"),
    "model": message("value model of this base"),
    "given": message("set for this plan"),
}


def measured(say: Wording, unit: str, value: float) -> str:
    """A figure with its unit in words; shares and points are given 0-1, money in minor units."""
    if unit == "money":
        return say.money(value)
    if unit == "share":
        return say.percent(value)
    if unit == "points":
        return say.text("{number} points", number=say.number(value * 100, 1))
    whole = value == int(value)
    if unit in {"customers", "days", "orders"} and whole:
        counted = {"customers": say.customers, "days": say.days, "orders": say.orders}[unit]
        return counted(int(value))
    number = say.number(value, 0 if whole else 2 if value < 1 else 1)
    if unit == "orders":
        return say.text("{number} orders", number=number)
    return number


CASES: Final[Mapping[str, str]] = {
    "base": message("As in this report"),
    "fixed_thresholds": message("Thresholds in days, orders and money"),
    "last_3_years": message("Only the last three years"),
    "ignore_refunds": message("Refunds not subtracted"),
    "four_levels": message("Four levels instead of three"),
    "five_levels": message("Five levels instead of three"),
    "average_check": message("M is the average check instead of the sum"),
}
ARMS: Final[Mapping[str, str]] = {
    "treated": message("contact"),
    "control": message("control"),
}
ROLES: Final[Mapping[str, str]] = {
    "owner": message("owner"),
    "director": message("director"),
    "technical_director": message("technical director"),
    "accountant": message("accountant"),
    "sales_director": message("sales director"),
    "department_head": message("department head"),
}


def contradiction(say: Wording, item: Contradiction) -> str:
    """A contradiction in a sentence with its figures; one without a sentence lists them."""
    known = CONTRADICTIONS.get(item.code)
    figures = dict(item.figures)
    if known is None or not all(name in figures for name in known.needs):
        listed = ", ".join(f"{name.replace('_', ' ')}: {say.number(value, 2)}" for name, value in item.figures)
        return f"{item.code.replace('_', ' ')}: {listed}"
    scale = 10 ** minor_digits(say.analysis.currency)

    def told(name: str, value: float) -> str:
        if name in known.money:
            return say.money(value * scale)
        return say.percent(value) if name in known.shares else say.number(value)

    return say.text(known.text, **{name: told(name, value) for name, value in figures.items()})
