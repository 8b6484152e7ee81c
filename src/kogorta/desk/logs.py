"""Logs: one JSON object a line on standard error, with personal data masked."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any, Final

_PLAIN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "request", "status_code", "server_time"}
_EMAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_LONG_DIGITS: Final = re.compile(r"\+?\d(?:[\s()-]{0,2}\d){9,14}")
_SECRET: Final = re.compile(r"(?i)(token|password|key|code|sessionid|authorization)(['\"]?\s*[=:]\s*['\"]?)[^\s&'\",;]+")


def masked(text: str) -> str:
    """A text without e-mails, phones, INN and secrets.

    Example:
        >>> masked("ivan@example.com +7 (912) 345-67-89 /start/?token=abc")
        '<email> <number> /start/?token=<secret>'
    """
    text = _SECRET.sub(r"\1\2<secret>", text)
    return _LONG_DIGITS.sub("<number>", _EMAIL.sub("<email>", text))


class JsonLines(logging.Formatter):
    """A record as one JSON object: moment, level, logger, message, what was given beside it, and the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": masked(record.getMessage()),
        }
        for name, value in vars(record).items():
            if name not in _PLAIN:
                line[name] = value if isinstance(value, (int, float, bool)) or value is None else masked(str(value))
        if record.exc_info:
            line["traceback"] = masked(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def logging_settings(level: str = "INFO") -> dict[str, Any]:
    """What Django's LOGGING is set to."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "kogorta.desk.logs.JsonLines"}},
        "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["lines"], "level": "WARNING"},
        "loggers": {
            "django": {"handlers": ["lines"], "level": "WARNING", "propagate": False},
            "axes": {"handlers": ["lines"], "level": "ERROR", "propagate": False},
            "kogorta": {"handlers": ["lines"], "level": level, "propagate": False},
        },
    }
