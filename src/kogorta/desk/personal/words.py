"""Channels and states of consents in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.desk.personal.models import Channel, ConsentState
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping

CHANNELS: Final[Mapping[str, str]] = {
    Channel.EMAIL: message("E-mail"),
    Channel.SMS: message("SMS"),
    Channel.CALL: message("Calls"),
    Channel.MESSENGER: message("Messengers"),
    Channel.POST: message("Letters by post"),
}
STATES: Final[Mapping[str, str]] = {ConsentState.GIVEN: message("consent given"), ConsentState.WITHDRAWN: message("consent withdrawn")}
