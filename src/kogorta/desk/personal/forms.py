"""What is asked when a consent is recorded."""

from __future__ import annotations

from django import forms

from kogorta.desk.forms import DeskForm
from kogorta.desk.language import lazy_text
from kogorta.desk.personal.words import CHANNELS, STATES


class ConsentForm(DeskForm):
    """A consent given or withdrawn."""

    channel = forms.ChoiceField(choices=[(code, lazy_text(name)) for code, name in CHANNELS.items()], label=lazy_text("Channel"))
    state = forms.ChoiceField(choices=[(code, lazy_text(name)) for code, name in STATES.items()], label=lazy_text("What was said"))
    said_on = forms.DateField(label=lazy_text("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    source = forms.CharField(
        max_length=200, label=lazy_text("Where it was said"), help_text=lazy_text("A form on the site, a letter, a call with its number.")
    )
