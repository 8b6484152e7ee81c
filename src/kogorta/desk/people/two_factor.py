"""The second factor: codes of a phone (TOTP, RFC 6238) and recovery codes that work once each."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import segno
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from kogorta.desk.errors import ConflictError
from kogorta.desk.journal.actions import record

if TYPE_CHECKING:
    from kogorta.desk.people.models import User

RECOVERY_CODES: Final = 10
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # without signs that look alike


@dataclass(frozen=True)
class Enrolment:
    """What a person scans or types into her phone.

    Args:
        picture: QR code as SVG.
        secret: the same as text, in groups of four.
    """

    picture: str
    secret: str


def has_two_factor(user: User) -> bool:
    """Whether a code is asked for after the password."""
    return bool(TOTPDevice.objects.filter(user=user, confirmed=True).exists())


def begin_two_factor(user: User) -> Enrolment:
    """Show the secret for the phone; nothing is asked for until a code has proved that it works.

    Raises:
        ConflictError: it is on already.
    """
    from base64 import b32encode

    if has_two_factor(user):
        raise ConflictError("Two-factor sign-in is on already.")
    device = TOTPDevice.objects.filter(user=user, confirmed=False).first() or TOTPDevice.objects.create(
        user=user, confirmed=False, name="phone"
    )
    picture = segno.make(device.config_url, error="m").svg_inline(scale=4, border=2, dark="#1b1f24", light="#ffffff")
    secret = b32encode(device.bin_key).decode().rstrip("=")
    return Enrolment(picture, " ".join(secret[place : place + 4] for place in range(0, len(secret), 4)))


def confirm_two_factor(user: User, code: str) -> list[str] | None:
    """Turn it on with the first code of the phone.

    Returns:
        Recovery codes, shown once; None when the code is wrong.
    """
    device = TOTPDevice.objects.filter(user=user, confirmed=False).first()
    if device is None or not _verify(device, code):
        return None
    device.confirmed = True
    device.save()
    record(user, "user.two_factor_on", f"user:{user.pk}")
    return new_recovery_codes(user)


def new_recovery_codes(user: User) -> list[str]:
    """Fresh recovery codes; the earlier ones stop working."""
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="recovery", confirmed=True)
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    record(user, "user.recovery_codes_made", f"user:{user.pk}")
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def recovery_codes_left(user: User) -> int:
    """How many recovery codes were not used yet."""
    return int(StaticToken.objects.filter(device__user=user).count())


def verify_code(user: User, code: str) -> bool:
    """Whether a code of the phone, or a recovery code, is right; wrong ones are answered ever more slowly."""
    device = TOTPDevice.objects.filter(user=user, confirmed=True).first()
    if device is not None and _verify(device, code):
        return True
    spare = StaticDevice.objects.filter(user=user, confirmed=True).first()
    if spare is not None and _verify(spare, code):
        record(user, "user.recovery_code_used", f"user:{user.pk}")
        return True
    return False


def remove_two_factor(by: User, user: User) -> None:
    """Ask for the password alone from now on."""
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()
    record(by, "user.two_factor_off", f"user:{user.pk}")


def _verify(device: TOTPDevice | StaticDevice, code: str) -> bool:
    plain = "".join(sign for sign in code.lower() if sign.isalnum())
    if not plain or not device.verify_is_allowed()[0]:
        return False
    return bool(device.verify_token(plain))
