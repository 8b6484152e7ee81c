"""What people are asked when they sign in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth import password_validation

from kogorta.desk.forms import DeskForm
from kogorta.desk.language import current_language, lazy_text
from kogorta.desk.people.models import User
from kogorta.desk.people.permissions import ROLE_NAMES, Role

if TYPE_CHECKING:
    from collections.abc import Sequence


class SignInForm(DeskForm):
    """E-mail and password."""

    username = forms.EmailField(
        label=lazy_text("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        label=lazy_text("Password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class NewPasswordFields(DeskForm):
    """A new password, typed twice and checked by the rules."""

    password = forms.CharField(
        label=lazy_text("Password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=lazy_text("At least 12 characters; a phrase is easier to remember than signs."),
    )
    repeated = forms.CharField(
        label=lazy_text("Password once more"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, object]:
        """Both are the same, and the rules hold."""
        data = super().clean() or {}
        password, repeated = data.get("password"), data.get("repeated")
        if password and repeated and password != repeated:
            self.add_error("repeated", current_language().text("The two passwords differ."))
        if password:
            try:
                password_validation.validate_password(password, self.owner_of_password(data))
            except forms.ValidationError as error:
                self.add_error("password", error)
        return data

    def owner_of_password(self, data: dict[str, object]) -> User:
        """The person, as far as she is known: a password must not resemble her name."""
        return User(email=str(data.get("email") or ""), name=str(data.get("name") or ""))


class NewPersonFields(NewPasswordFields):
    """A person who appears for the first time."""

    name = forms.CharField(label=lazy_text("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(label=lazy_text("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    field_order: Sequence[str] | None = ("name", "email", "password", "repeated")

    def clean_email(self) -> str:
        """In small letters, and nobody else's."""
        email = str(self.cleaned_data["email"]).strip().lower()
        if User.objects.filter(email=email).exists():
            raise forms.ValidationError(current_language().text("There is already a person with this e-mail."))
        return email


class AcceptForm(NewPasswordFields):
    """A person who comes by an invitation; her e-mail is that of the invitation."""

    name = forms.CharField(label=lazy_text("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    field_order: Sequence[str] | None = ("name", "password", "repeated")

    def __init__(self, email: str, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.email = email

    def owner_of_password(self, data: dict[str, object]) -> User:
        """The person invited."""
        return User(email=self.email, name=str(data.get("name") or ""))


class CodeForm(DeskForm):
    """A code of the phone or a recovery code."""

    code = forms.CharField(
        label=lazy_text("Code"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}),
        help_text=lazy_text("Six digits from the app on your phone, or one of your recovery codes."),
    )


class NameForm(DeskForm):
    """One's own name."""

    name = forms.CharField(label=lazy_text("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))


class PasswordForm(DeskForm):
    """The present password, asked for before something that a stranger at an open browser must not do."""

    current = forms.CharField(
        label=lazy_text("Present password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_current(self) -> str:
        """It is right."""
        current = str(self.cleaned_data["current"])
        if not self.user.check_password(current):
            raise forms.ValidationError(current_language().text("The password is wrong."))
        return current


class OwnPasswordForm(PasswordForm, NewPasswordFields):
    """The present password and a new one."""

    field_order: Sequence[str] | None = ("current", "password", "repeated")

    def owner_of_password(self, data: dict[str, object]) -> User:  # noqa: ARG002
        """The person herself."""
        return self.user


class InviteForm(DeskForm):
    """Whom to invite, in what role."""

    email = forms.EmailField(label=lazy_text("E-mail"), max_length=254)
    role = forms.ChoiceField(
        label=lazy_text("Role at the desk"),
        choices=[(role.value, lazy_text(name)) for role, name in ROLE_NAMES.items()],
        initial=Role.MARKETER.value,
    )
