"""What is asked for when a token is made."""

from __future__ import annotations

from django import forms

from kogorta.desk.api.scopes import SCOPE_NAMES, Scope
from kogorta.desk.forms import DeskForm
from kogorta.desk.language import lazy_text
from kogorta.kit.language import message


class TokenForm(DeskForm):
    """What a token is for, what it may do, how long it works."""

    name = forms.CharField(label=lazy_text(message("What the token is for")), max_length=100)
    scopes = forms.MultipleChoiceField(
        label=lazy_text(message("What it may do")),
        widget=forms.CheckboxSelectMultiple,
        choices=[(scope.value, lazy_text(SCOPE_NAMES[scope])) for scope in Scope],
    )
    days = forms.TypedChoiceField(
        label=lazy_text(message("How long it works")),
        coerce=int,
        empty_value=None,
        required=False,
        choices=[
            ("90", lazy_text(message("90 days"))),
            ("365", lazy_text(message("A year"))),
            ("", lazy_text(message("Until it is revoked"))),
        ],
    )
