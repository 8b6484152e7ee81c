"""Requests to addresses people gave: names are looked up once, and only addresses outside of this network are spoken to."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from kogorta.desk.errors import DeskError
from kogorta.desk.language import current_language
from kogorta.desk.settings import DESK
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping

_TIMEOUT: Final = 10.0
_PORTS: Final = {"http": 80, "https": 443}


class UnreachableError(Exception):
    """The address did not answer, or may not be spoken to."""


def check_address(address: str) -> str:
    """An address that may be told of moves, as it is kept.

    Raises:
        DeskError: it is no address of the web, carries a password, or leads into this network.
    """
    address = address.strip()
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise DeskError("This is no address of a web page; write it like https://example.com/hook.") from error
    if parts.scheme not in _PORTS or not parts.hostname or len(address) > 500 or any(ord(letter) <= 32 for letter in address):
        raise DeskError("This is no address of a web page; write it like https://example.com/hook.")
    if parts.username or parts.password or parts.fragment:
        raise DeskError("The address must not carry a name, a password or a fragment; the signature proves who sends.")
    if parts.scheme == "http" and not DESK.inner_hooks:
        raise DeskError("The address must begin with https: moves of customers do not travel in the open.")
    try:
        _places(parts.hostname, port or _PORTS[parts.scheme])
    except UnreachableError as error:
        raise DeskError("The address cannot be used: {reason}.", reason=current_language().text(str(error))) from error
    return address


def post(address: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send a body; redirects are not followed.

    Returns:
        The status of the answer.

    Raises:
        UnreachableError: there was none, or the address leads into this network.
    """
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    place = _places(host, port)[0]
    try:
        # spoken to by the number that was checked: a name cannot change its mind in between
        line = socket.create_connection((place, port), timeout=_TIMEOUT)
    except OSError as error:
        raise UnreachableError(message("no connection")) from error
    try:
        if parts.scheme == "https":
            line = ssl.create_default_context().wrap_socket(line, server_hostname=host)
        talk = http.client.HTTPConnection(host, port, timeout=_TIMEOUT)
        talk.sock = line
        talk.request("POST", target, body=body, headers={"Host": parts.netloc, **headers})
        answer = talk.getresponse()
        answer.read(1024)
    except (OSError, http.client.HTTPException) as error:
        raise UnreachableError(message("no answer")) from error
    else:
        return answer.status
    finally:
        line.close()


def _places(host: str, port: int) -> list[str]:
    """Numbers of a host, all of them outside of this network unless the desk allows inner ones."""
    try:
        found = [str(item[4][0]) for item in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except OSError as error:
        raise UnreachableError(message("the name is not known")) from error
    for place in found:
        number = ipaddress.ip_address(place.split("%")[0])
        inner = getattr(number, "ipv4_mapped", None) or number
        if not DESK.inner_hooks and (not inner.is_global or inner.is_multicast):
            raise UnreachableError(message("it leads into this network"))
    return found
