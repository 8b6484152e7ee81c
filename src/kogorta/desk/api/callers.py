"""Who asks: the token of a request, its scopes, its limit, and the key that lets it ask again."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.http import HttpResponse
from ninja.security import HttpBearer

from kogorta.desk.api.actions import begin_answer, digest_of, keep_answer, note_use
from kogorta.desk.api.limits import Buckets
from kogorta.desk.api.problems import ScopeError, TooManyError, UnauthorisedError
from kogorta.desk.api.queries import find_token
from kogorta.desk.api.scopes import ACTION_OF, Scope
from kogorta.desk.errors import ConflictError, DeskError
from kogorta.desk.journal.actions import present_token
from kogorta.desk.people.lockout import address_of
from kogorta.desk.people.permissions import may
from kogorta.desk.settings import DESK
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from kogorta.desk.api.models import KeptAnswer
    from kogorta.desk.people.models import User

KEY_HEADER: Final = "Idempotency-Key"
_LONGEST_KEY: Final = 200
_MOST_MET: Final = 1000
_HELD: Final = "keeps_answer"
_NAMES: Final = "known_query"

requests: Final = Buckets(DESK.api_per_minute / 60, DESK.api_per_minute / 2)
"""What a token may ask."""
strangers: Final = Buckets(1.0, 60.0)
"""How often an address may come with a token that does not work."""


class SameKeyError(Exception):
    """The request was answered before: here is the answer."""

    def __init__(self, answer: KeptAnswer) -> None:
        self.answer = answer
        super().__init__(answer.key)


@dataclass(frozen=True)
class Caller:
    """A program that asks in a person's name.

    Args:
        token_id: its token.
        user: who made the token.
        scopes: what the token may do.
    """

    token_id: int
    user: User
    scopes: frozenset[str]

    def may(self, scope: Scope) -> bool:
        """Whether both the token and the role of its maker allow it."""
        return scope.value in self.scopes and may(self.user, ACTION_OF[scope])


class Bearer(HttpBearer):
    """The token in the header of a request.

    Args:
        scopes: all of them are needed.
        counted: whether the request is counted against the limit of requests; events have a limit of their own.
    """

    def __init__(self, *scopes: Scope, counted: bool = True) -> None:
        super().__init__()
        self.scopes, self.counted = scopes, counted

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        """The caller.

        Raises:
            UnauthorisedError: the token does not work.
            ScopeError: it does not allow this.
            TooManyError: the limit is reached.
            DeskError: the address has a parameter nobody knows.
        """
        row = find_token(token)
        if row is None or not row.created_by.is_active:
            wait = strangers.take(address_of(request))
            if wait:
                raise TooManyError(wait)
            raise UnauthorisedError(message("The token does not work: it is mistyped, was revoked or has run out."))
        caller = Caller(row.pk, row.created_by, frozenset(row.scopes))
        for scope in self.scopes:
            if not caller.may(scope):
                raise ScopeError(scope.value)
        if self.counted:
            wait = requests.take(str(row.pk))
            if wait:
                raise TooManyError(wait)
        strange = sorted(set(request.GET) - getattr(request, _NAMES, set(request.GET)))
        if strange:
            raise DeskError("There is no parameter {name!r} here.", name=strange[0][:100])
        note_use(row)
        present_token.set(row.pk)
        if getattr(request, _HELD, False):
            request.kept_answer = answer_once(request, caller, request.body)  # type: ignore[attr-defined]
        return caller


class Memory:
    """Callers met a moment ago, so that a stream of requests does not ask the database for each.

    A token that was revoked in this process is forgotten at once, in another one after a while.

    Args:
        seconds: how long a caller is remembered.
        clock: seconds that only grow.
    """

    def __init__(self, seconds: float = 2.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds, self._clock = seconds, clock
        self._met: dict[str, tuple[Caller, float]] = {}

    def caller(self, token: str) -> Caller | None:
        """Who asks with a token; None when it does not work."""
        digest = digest_of(token)
        found = self._met.get(digest)
        if found is not None and self._clock() - found[1] < self.seconds:
            return found[0]
        row = find_token(token)
        if row is None or not row.created_by.is_active:
            return None
        note_use(row)
        if len(self._met) > _MOST_MET:
            self._met.clear()
        caller = Caller(row.pk, row.created_by, frozenset(row.scopes))
        self._met[digest] = (caller, self._clock())
        return caller

    def forget(self) -> None:
        """Ask the database again."""
        self._met.clear()


memory: Final = Memory()


def caller_of(request: HttpRequest) -> Caller:
    """Who asks; the door has let her in."""
    found: Caller = request.auth  # type: ignore[attr-defined]
    return found


def eyes_of(request: HttpRequest) -> object:
    """Who is asked about for personal fields: nobody where the token has no right to them."""
    caller = caller_of(request)
    return caller.user if caller.may(Scope.CONTACTS_READ) else None


def answer_once(request: HttpRequest, caller: Caller, body: bytes) -> KeptAnswer | None:
    """Take the key of a request that writes, in its transaction; None where it brought none.

    Raises:
        SameKeyError: it was answered before.
        ConflictError: the key was used for another request.
        DeskError: the key is too long.
    """
    key = request.headers.get(KEY_HEADER, "")
    if not key:
        return None
    if len(key) > _LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise DeskError("The header {name} takes up to {count} letters, digits and signs.", name=KEY_HEADER, count=_LONGEST_KEY)
    asked = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode() + body).hexdigest()
    row, is_first = begin_answer(caller.token_id, key, asked)
    if is_first:
        return row
    if row.asked != asked:
        raise ConflictError("The key {key} was used for another request. Take a new one.", key=key)
    raise SameKeyError(row)


def know_query(request: HttpRequest, names: frozenset[str]) -> None:
    """Say which parameters the address may have; another one is refused, so that a misspelt filter does not pass for none."""
    setattr(request, _NAMES, names)


def hold_key(request: HttpRequest) -> None:
    """Say that the request is in a transaction of its own, in which its key may be taken."""
    setattr(request, _HELD, True)


def keep(request: HttpRequest, response: HttpResponseBase) -> None:
    """Keep the answer of a request that brought a key."""
    if isinstance(response, HttpResponse):
        keep_status(getattr(request, "kept_answer", None), response.status_code, response.content.decode())


def keep_status(row: KeptAnswer | None, status: int, body: str) -> None:
    """The same where the answer is not made yet."""
    if row is not None:
        keep_answer(row.pk, status, body)
