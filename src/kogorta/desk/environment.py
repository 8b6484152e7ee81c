"""Every setting of a desk that comes from outside, as one typed object read from the environment once."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import unquote, urlsplit

from kogorta.kit.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX: Final = "KOGORTA_DESK_"
_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"0", "false", "no", "off", ""})


@dataclass(frozen=True)
class Environment:
    """Settings of one desk. Each field is read from `KOGORTA_DESK_<NAME>`, the database from `DATABASE_URL`.

    Args:
        home: folder of the desk: the SQLite file, the base, files as sent, secrets. The current folder when not given.
        database_url: `postgresql://user:password@host:port/name`; empty means `desk.sqlite3` in `home`.
        hosts: names the site answers to, separated by commas.
        https: the site is reached by HTTPS only: secure cookies and HSTS.
        behind_proxy: number of trusted proxies in front; the address of a visitor is taken from X-Forwarded-For that many steps from the
            end. 0 trusts no header.
        language: `ru` or `en`, for visitors who have not chosen.
        session_hours: a session nobody used for so long ends.
        lockout_after: failed sign-ins of one address and name before a pause.
        lockout_minutes: how long the pause lasts.
        lease_seconds: a job whose worker is silent for so long goes to another one.
        upload_mb: most megabytes a file may have that is loaded.
        api_per_minute: most requests a token of the interface may make in a minute, events apart.
        events_per_second: most events a token may send in a second, on the average of a few.
        metrics_token: bearer token that `/metrics` asks for; empty shows metrics to the loopback address alone.
        inner_hooks: moves may be sent to addresses of the desk's own network too, and by http; for a receiver that stands beside it.
        debug: tracebacks in the browser; never on a site others reach.
    """

    home: Path = field(default_factory=Path.cwd)
    database_url: str = ""
    hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]")
    https: bool = False
    behind_proxy: int = 0
    language: Literal["ru", "en"] = "ru"
    session_hours: int = 24 * 14
    lockout_after: int = 5
    lockout_minutes: int = 15
    lease_seconds: int = 30
    upload_mb: int = 512
    api_per_minute: int = 600
    events_per_second: int = 50_000
    metrics_token: str = ""
    inner_hooks: bool = False
    debug: bool = False

    @classmethod
    def read(cls, variables: Mapping[str, str] | None = None) -> Environment:
        """The settings that environment variables give.

        Raises:
            OptionError: a variable has a value that is not allowed, or a name that is not known.
        """
        found = dict(os.environ if variables is None else variables)
        known = {item.name for item in fields(cls)} - {"database_url"}
        given = {name.removeprefix(PREFIX).lower(): value for name, value in found.items() if name.startswith(PREFIX)}
        for name in given:
            if name not in known:
                raise OptionError(
                    "{variable} is not a setting of the desk; known settings are {names}.",
                    variable=PREFIX + name.upper(),
                    names=", ".join(PREFIX + item.upper() for item in sorted(known)),
                )
        plain = cls()
        return cls(
            home=Path(given.get("home") or Path.cwd()).expanduser().resolve(),
            database_url=found.get("DATABASE_URL", ""),
            hosts=tuple(part.strip() for part in given["hosts"].split(",") if part.strip()) if given.get("hosts") else plain.hosts,
            https=_switch(given, "https"),
            behind_proxy=_whole(given, "behind_proxy", plain.behind_proxy, 0),
            language=_language(given, plain.language),
            session_hours=_whole(given, "session_hours", plain.session_hours, 1),
            lockout_after=_whole(given, "lockout_after", plain.lockout_after, 1),
            lockout_minutes=_whole(given, "lockout_minutes", plain.lockout_minutes, 1),
            lease_seconds=_whole(given, "lease_seconds", plain.lease_seconds, 1),
            upload_mb=_whole(given, "upload_mb", plain.upload_mb, 1),
            api_per_minute=_whole(given, "api_per_minute", plain.api_per_minute, 1),
            events_per_second=_whole(given, "events_per_second", plain.events_per_second, 1),
            metrics_token=given.get("metrics_token", ""),
            inner_hooks=_switch(given, "inner_hooks"),
            debug=_switch(given, "debug"),
        )

    @property
    def base_folder(self) -> Path:
        """Where the customer base lives."""
        return self.home / "base"

    @property
    def files_folder(self) -> Path:
        """Where files are kept as they were sent, and reports that were made."""
        return self.home / "files"

    @property
    def snapshots_folder(self) -> Path:
        """Where analysed states of the base are kept; everything in it can be made anew."""
        return self.home / "snapshots"

    @cached_property
    def secret_key(self) -> str:
        """The key cookies are signed with: made once, readable by the owner of the folder alone."""
        return own_secret(self.home / "secret.key")

    @property
    def database(self) -> dict[str, object]:
        """What Django needs to know to reach the database.

        Raises:
            OptionError: the address is not one of PostgreSQL.
        """
        if not self.database_url:
            return {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": str(self.home / "desk.sqlite3"),
                "CONN_MAX_AGE": 60,
                "OPTIONS": {
                    "timeout": 30,
                    "transaction_mode": "IMMEDIATE",
                    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000; PRAGMA temp_store=MEMORY;",
                },
            }
        address = urlsplit(self.database_url)
        if address.scheme not in {"postgres", "postgresql"} or not address.path.strip("/"):
            raise OptionError(
                "DATABASE_URL has the form {scheme!r}; write postgresql://user:password@host:port/name, or leave it out for SQLite.",
                scheme=address.scheme,
            )
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(address.path.strip("/")),
            "USER": unquote(address.username or ""),
            "PASSWORD": unquote(address.password or ""),
            "HOST": address.hostname or "",
            "PORT": str(address.port or ""),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
        }


def own_secret(path: Path) -> str:
    """The secret kept in a file; made on first use, readable by the owner of the file alone."""
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(secrets.token_urlsafe(48) + "\n")
    try:
        os.link(temporary, path)  # of two that start at once, one wins
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
    return path.read_text(encoding="ascii").strip()


def _switch(given: Mapping[str, str], name: str) -> bool:
    text = given.get(name, "").strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise OptionError("{variable} is {text!r}; write yes or no.", variable=PREFIX + name.upper(), text=text)


def _whole(given: Mapping[str, str], name: str, otherwise: int, least: int) -> int:
    text = given.get(name, "").strip()
    if not text:
        return otherwise
    if not text.isascii() or not text.isdigit() or int(text) < least:
        raise OptionError(
            "{variable} is {text!r}; write a whole number not below {least}.", variable=PREFIX + name.upper(), text=text, least=least
        )
    return int(text)


def _language(given: Mapping[str, str], otherwise: Literal["ru", "en"]) -> Literal["ru", "en"]:
    text = given.get("language", "").strip() or otherwise
    if text == "ru":
        return "ru"
    if text == "en":
        return "en"
    raise OptionError("{variable} is {text!r}; write ru or en.", variable=PREFIX + "LANGUAGE", text=text)
