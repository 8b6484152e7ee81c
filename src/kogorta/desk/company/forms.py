"""What is asked about the company."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo, available_timezones

from django import forms

from kogorta.desk.company.queries import CompanyFacts
from kogorta.desk.forms import DeskForm
from kogorta.desk.language import current_language, lazy_text, now
from kogorta.kit.errors import OptionError
from kogorta.kit.language import message
from kogorta.kit.money import check_currency

NEAR_ZONES = {
    "Europe/Kaliningrad": message("Kaliningrad"),
    "Europe/Moscow": message("Moscow"),
    "Europe/Samara": message("Samara"),
    "Asia/Yekaterinburg": message("Yekaterinburg"),
    "Asia/Omsk": message("Omsk"),
    "Asia/Krasnoyarsk": message("Krasnoyarsk"),
    "Asia/Irkutsk": message("Irkutsk"),
    "Asia/Yakutsk": message("Yakutsk"),
    "Asia/Vladivostok": message("Vladivostok"),
    "Asia/Magadan": message("Magadan"),
    "Asia/Kamchatka": message("Kamchatka"),
    "Asia/Almaty": message("Almaty"),
    "Asia/Tashkent": message("Tashkent"),
    "Europe/Minsk": message("Minsk"),
}
"""Zones most companies choose from, by the cities people know them by."""
SCHEMES = (
    ("case", message("VIP, Loyal, Potential, Needs attention...")),
    ("guide", message("Key, Loyal, Newcomers, At risk...")),
)


def _zones() -> list[tuple[str, str]]:
    words = current_language()
    near = [(name, f"{words.text(city)}, {_offset(name)}") for name, city in NEAR_ZONES.items()]
    rest = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/", "posix/", "right/")))
    return [*near, ("UTC", "UTC"), *((name, name) for name in rest if name not in NEAR_ZONES)]


def _offset(name: str) -> str:
    """`UTC+3`, as it is now."""
    minutes = round((now().astimezone(ZoneInfo(name)).utcoffset() or timedelta()).total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")


class CompanyFields(DeskForm):
    """Fields about the company; the first page and the settings share them."""

    company_name = forms.CharField(max_length=200, label=lazy_text("Name of the company"))
    time_zone = forms.ChoiceField(
        choices=_zones,
        initial="Europe/Moscow",
        label=lazy_text("Time zone"),
        help_text=lazy_text("Days of purchases are counted in it, and times are shown in it."),
    )
    currency = forms.CharField(
        max_length=20,
        initial="RUB",
        label=lazy_text("Currency"),
        help_text=lazy_text("For files that name none: RUB, USD, KZT..."),
    )
    scheme = forms.ChoiceField(
        choices=[(code, lazy_text(title)) for code, title in SCHEMES],
        initial="case",
        label=lazy_text("Names of segments"),
    )

    def clean_currency(self) -> str:
        """The ISO code of what was written."""
        try:
            return check_currency("currency", self.cleaned_data["currency"])
        except OptionError as error:
            raise forms.ValidationError(error.told(current_language())) from error

    def facts(self) -> CompanyFacts:
        """What was filled in."""
        data = self.cleaned_data
        return CompanyFacts(data["company_name"], data["time_zone"], data["currency"], data["scheme"])
