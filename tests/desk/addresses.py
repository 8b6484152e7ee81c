"""The addresses of the desk's own pages, for tests that go through all of them."""

import re

from django.urls import get_resolver


def views():
    """Name, pattern and view of every address of the desk's own pages."""

    def walk(patterns, prefix=""):
        for pattern in patterns:
            if hasattr(pattern, "url_patterns"):
                if not getattr(pattern, "namespace", None):
                    yield from walk(pattern.url_patterns, prefix + str(pattern.pattern))
            else:
                yield pattern.name, prefix + str(pattern.pattern), pattern.callback

    return list(walk(get_resolver().url_patterns))


def address(pattern):
    """An address of a pattern: 1 for every number, x for every word."""
    return "/" + re.sub(r"<int:\w+>", "1", re.sub(r"<(?:str:|slug:|path:)?\w+>", "x", pattern))
