"""Write the tables of docs/ru/rules.md and docs/en/rules.md from the registry of the rule language; `--check` only compares.

Run it after a change of a field, a function or a filter: `.venv/bin/python docs/build_rules.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kogorta.kit.language import Language
from kogorta.segments.rules.fields import EVENT_TYPES, FIELDS, FILTERS, FUNCTIONS, OPERATORS

if TYPE_CHECKING:
    from collections.abc import Sequence

DOCS: Final = Path(__file__).parent

KINDS: Final = {
    "text": ("текст", "text"),
    "choice": ("одно из значений", "one of the values"),
    "number": ("число", "number"),
    "years": ("полных лет", "whole years"),
    "count": ("штук", "count"),
    "days": ("дней", "days"),
    "hours": ("полных часов", "whole hours"),
    "money": ("рублей (основных единиц валюты)", "roubles (major units of the currency)"),
    "share": ("доля 0–1 или 10%", "share 0–1 or 10%"),
    "day": ("дата 2026-11-22", "date 2026-11-22"),
}
FIGURES: Final = {
    "orders": ("число заказов", "number of orders"),
    "revenue": ("сумма покупок", "sum of purchases"),
    "average_check": ("средний чек", "average check"),
    "largest_order": ("самый крупный заказ", "largest order"),
    "discount": ("сумма скидок", "sum of discounts"),
    "order_share": (
        "доля заказов, отвечающих фильтрам, среди всех заказов окна",
        "share of the orders that meet the filters among all orders of the window",
    ),
    "items": ("число купленных единиц товара", "number of items bought"),
    "categories": ("число разных категорий", "number of different categories"),
    "products": ("число разных товаров", "number of different products"),
    "days_since_order": ("дней с последнего заказа", "days since the last order"),
    "days_since_first_order": ("дней с первого заказа", "days since the first order"),
    "events": ("число событий", "number of events"),
    "event_sum": ("сумма значений событий", "sum of the values of events"),
    "event_average": ("среднее значение событий", "average value of events"),
    "days_since_event": ("дней с последнего события", "days since the last event"),
    "days_since_first_event": ("дней с первого события", "days since the first event"),
    "hours_unanswered": (
        "часов с последнего события, после которого не было заказа",
        "hours since the last event that no order has followed",
    ),
}
GRAINS: Final = {
    "orders": ("заказы", "orders"),
    "lines": ("строки заказов", "order lines"),
    "events": ("события", "events"),
}
HEADERS: Final = {
    "fields": (("Поле", "Что это", "Вид", "Значения"), ("Field", "What it is", "Kind", "Values")),
    "functions": (
        ("Функция", "Что считает", "Вид", "Окно", "Если ничего не нашлось"),
        ("Function", "What it counts", "Kind", "Window", "When nothing was found"),
    ),
    "filters": (("Фильтр", "Что это", "Вид", "Где есть"), ("Filter", "What it is", "Kind", "Where it exists")),
    "operators": (("Вид", "Сравнения"), ("Kind", "Comparisons")),
    "events": (("Вид события", "Как сказано в предложении"), ("Event type", "How the sentence says it")),
}


def tables(language: str) -> dict[str, str]:
    """Name of a table -> its text."""
    place, words = ("ru", "en").index(language), Language("en" if language == "en" else "ru")
    absent = ("нет значения", "no value")[place]
    families = {"text": ("текст", "text"), "choice": ("одно из значений", "one of the values"), "number": ("остальное", "the rest")}
    rows: dict[str, list[Sequence[str]]] = {
        "fields": [
            (
                f"`{name}`",
                words.text(field.label).rstrip(","),
                KINDS[field.kind][place],
                ", ".join(f"`{slug}` — {words.text(label)}" for slug, label in field.choices.items()),
            )
            for name, field in FIELDS.items()
        ],
        "functions": [
            (
                f"`{name}`",
                FIGURES[name][place],
                KINDS[found.kind][place],
                (("есть", "yes") if found.windowed else ("нет", "no"))[place],
                absent if found.missing else "0",
            )
            for name, found in FUNCTIONS.items()
        ],
        "filters": [
            (f"`{name}`", words.text(found.label), KINDS[found.kind][place], ", ".join(GRAINS[grain][place] for grain in found.grains))
            for name, found in FILTERS.items()
        ],
        "operators": [(families[name][place], ", ".join(f"`{sign}`" for sign in signs)) for name, signs in OPERATORS.items()],
        "events": [(f"`{name}`", words.text(label)) for name, label in EVENT_TYPES.items()],
    }
    return {name: _table([HEADERS[name][place], ["---"] * len(HEADERS[name][place]), *found]) for name, found in rows.items()}


def _table(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def filled(text: str, language: str) -> str:
    """The page with its tables made anew."""
    for name, table in tables(language).items():
        before, mark, rest = text.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition("<!-- end -->")
        text = f"{before}{mark}{table}\n{end}{after}"
    return text


def main(arguments: list[str]) -> int:
    """Write the tables, or compare them with `--check`: exit code 1 when one has fallen behind."""
    behind = 0
    for language in ("ru", "en"):
        path = DOCS / language / "rules.md"
        text = path.read_text(encoding="utf-8")
        made = filled(text, language)
        if arguments == ["--check"]:
            if made != text:
                sys.stderr.write(f"{path.relative_to(DOCS.parent)} has fallen behind the registry; run docs/build_rules.py\n")
                behind = 1
        else:
            path.write_text(made, encoding="utf-8")
    return behind


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
