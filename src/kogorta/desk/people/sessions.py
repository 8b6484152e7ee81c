"""Where sessions are stored: Django's own store over rows that say whose they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

if TYPE_CHECKING:
    from kogorta.desk.people.models import Session

USER_KEY = "_auth_user_id"
ADDRESS_KEY = "address"
BROWSER_KEY = "browser"
SEEN_KEY = "seen"


class SessionStore(DatabaseStore):
    """Sessions that can be listed and ended by the person they belong to."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """The row of a session."""
        from kogorta.desk.people.models import Session

        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """A row with the person and the browser beside the signed content."""
        row = self.get_model_class()(session_key=self._get_or_create_session_key())  # type: ignore[attr-defined]
        row.session_data = self.encode(data)
        row.expire_date = self.get_expiry_date()
        known = self.get_model_class().objects.filter(session_key=row.session_key).values_list("created_at", flat=True).first()
        if known is not None:
            row.created_at = known
        row.user_id = int(data[USER_KEY]) if data.get(USER_KEY) else None
        row.address = data.get(ADDRESS_KEY) or None
        row.browser = str(data.get(BROWSER_KEY) or "")[:200]
        return row
