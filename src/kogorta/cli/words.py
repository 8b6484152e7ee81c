"""The language of help and messages: `--language`, else KOGORTA_LANGUAGE, else Russian unless the locale is English."""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kogorta.kit.language import LanguageCode


def language_of_user() -> LanguageCode:
    """`ru` or `en`."""
    arguments = sys.argv[1:]
    for place, word in enumerate(arguments):
        value = word.partition("=")[2] if word.startswith("--language=") else ""
        if word == "--language" and place + 1 < len(arguments):
            value = arguments[place + 1]
        if value:
            return "en" if value == "en" else "ru"
    said = os.environ.get("KOGORTA_LANGUAGE") or ""
    return "en" if said.lower().startswith("en") else "ru"


@cache
def _words() -> dict[str, str]:
    """English -> Russian of the command line alone, read without the heavy catalogue reader so that `--help` stays quick."""
    import ast

    text = (resources.files("kogorta") / "locale" / "ru" / "LC_MESSAGES" / "cli.po").read_text(encoding="utf-8")
    found: dict[str, str] = {}
    key, value, current = "", "", ""
    for line in [*text.splitlines(), 'msgid ""']:
        if line.startswith("msgid "):
            if key and value:
                found[key] = value
            key, value, current = ast.literal_eval(line[6:]), "", "key"
        elif line.startswith("msgstr "):
            value, current = ast.literal_eval(line[7:]), "value"
        elif line.startswith('"'):
            piece = ast.literal_eval(line)
            key, value = (key + piece, value) if current == "key" else (key, value + piece)
    return found


def spoken(text: str) -> str:
    """The text in the language of the user."""
    return text if language_of_user() == "en" else _words().get(text, text)
