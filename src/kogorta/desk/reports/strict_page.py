"""The page of a report under a policy that allows no inline style but its own sheet, by its hash."""

from __future__ import annotations

import base64
import hashlib
import re
from html import unescape
from typing import Final

_STYLED: Final = re.compile(r'(<[a-zA-Z][^<>]*?)\sstyle="([^"]*)"')
_SHEET: Final = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def strict_page(page: str) -> tuple[str, str]:
    """The page with its `style` attributes made rules of its one sheet, and the policy it is served under.

    Text of customers has its quotes escaped, so a `style="` in it is never an attribute.

    Args:
        page: a self-contained page: one `<style>`, no script.

    Returns:
        The page, and the value of Content-Security-Policy.
    """
    rules: dict[str, int] = {}

    def numbered(match: re.Match[str]) -> str:
        return f'{match[1]} data-s="{rules.setdefault(unescape(match[2]), len(rules))}"'

    body = _STYLED.sub(numbered, page)
    sheet = _SHEET.search(body)
    style = (sheet[1] if sheet else "") + "".join(f'[data-s="{place}"]{{{rule}}}' for rule, place in rules.items())
    if sheet:
        body = f"{body[: sheet.start()]}<style>{style}</style>{body[sheet.end() :]}"
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return body, policy
