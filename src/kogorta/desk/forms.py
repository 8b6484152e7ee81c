"""Forms of the desk: one look, labels and errors tied to their fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.forms.renderers import TemplatesSetting

if TYPE_CHECKING:
    from django.utils.safestring import SafeString


class DeskRenderer(TemplatesSetting):
    """Renders forms and their fields by the templates in `web/templates/web/parts`."""

    form_template_name = "web/parts/form.html"
    field_template_name = "web/parts/field.html"


class DeskForm(forms.Form):
    """A form with labels without a colon; errors are sentences beside the field, joined to it for screen readers."""

    required_css_class = "required"
    error_css_class = "wrong"

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **{**kwargs, "label_suffix": ""})
        for field in self.fields.values():
            kind = field.widget
            if isinstance(kind, forms.CheckboxInput):
                kind.attrs.setdefault("class", "check")
            elif not isinstance(kind, (forms.RadioSelect, forms.CheckboxSelectMultiple, forms.HiddenInput)):
                kind.attrs.setdefault("class", "control")

    def show(self) -> SafeString:
        """All fields of the form."""
        return self.render()
