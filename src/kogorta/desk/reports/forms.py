"""What is asked for a report and for a schedule."""

from __future__ import annotations

from django import forms

from kogorta.desk.forms import DeskForm
from kogorta.desk.language import lazy_text
from kogorta.desk.reports.models import Rhythm
from kogorta.desk.reports.words import RHYTHM_NAMES, WEEKDAYS

_LANGUAGES = [("ru", "Русский"), ("en", "English")]


class ReportForm(DeskForm):
    """A report now."""

    language = forms.ChoiceField(choices=_LANGUAGES, label=lazy_text("Language of the report"))
    as_of = forms.DateField(
        required=False,
        label=lazy_text("As of the end of the day"),
        help_text=lazy_text("Empty: the last day of the data."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class ScheduleForm(DeskForm):
    """A report by itself."""

    rhythm = forms.ChoiceField(choices=[(code.value, lazy_text(RHYTHM_NAMES[code])) for code in Rhythm], label=lazy_text("How often"))
    weekday = forms.ChoiceField(choices=[(place, lazy_text(name)) for place, name in WEEKDAYS.items()], label=lazy_text("Day of the week"))
    month_day = forms.IntegerField(min_value=1, max_value=31, initial=1, label=lazy_text("or day of the month"))
    hour = forms.IntegerField(min_value=0, max_value=23, initial=7, label=lazy_text("Hour"))
    language = forms.ChoiceField(choices=_LANGUAGES, label=lazy_text("Language of the report"))

    def day(self) -> int:
        """The day that goes with the rhythm."""
        return int(self.cleaned_data["weekday" if self.cleaned_data["rhythm"] == Rhythm.WEEKLY else "month_day"])
