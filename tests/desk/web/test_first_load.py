"""How much a browser that comes for the first time loads: the page and everything it and its styles name, as served."""

import gzip
import re
from urllib.parse import quote, urljoin

import pytest

from kogorta.desk.segments.actions import save_segment
from kogorta.segments.rules.formula import parse_formula

HEAVY = 120 * 1024
LINKED = re.compile(r'<(?:link|script|img)\b[^>]*?\b(?:href|src)="([^"]+)"')
NAMED = re.compile(r"""url\(["']?([^"')]+)["']?\)""")
PAGES = [
    "/", "/customers/", "/customers/?segment=vip", "/customers/?sort=name", "/customers/?q=ооо", "/segments/", "/segments/new/", "/changes/",
    "/live/", "/live/hooks/", "/data/", "/data/duplicates/", "/imports/", "/demo/", "/reports/", "/company/", "/account/",
    "/account/password/", "/account/two-factor/on/", "/people/", "/people/roles/", "/journal/", "/jobs/", "/tokens/", "/erasures/",
]  # fmt: skip


def loaded(client, address):
    """Every address of a first load and how many bytes come for it."""
    sizes, waiting = {}, [address]
    while waiting:
        place = waiting.pop()
        if place in sizes or place.startswith("data:"):
            continue
        answer = client.get(place, headers={"accept-encoding": "gzip, br"})
        assert answer.status_code == 200, place
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        sizes[place] = len(body)
        body = gzip.decompress(body) if answer.get("Content-Encoding") == "gzip" else body
        kind = answer["Content-Type"]
        if kind.startswith("text/html"):
            waiting += [urljoin(place, found) for found in LINKED.findall(body.decode())]
        elif kind.startswith("text/css"):
            waiting += [urljoin(place, found) for found in NAMED.findall(body.decode())]
    return sizes


def test_the_first_load_of_every_page_is_light(analysed, client_of, founded):
    client = client_of("owner")
    row = save_segment(founded["owner"], "Молчат", parse_formula("recency_days > 30"))
    (who,) = analysed.cursor().execute("SELECT customer_id FROM customers ORDER BY frequency DESC, customer_id LIMIT 1").fetchone()
    pages = [*PAGES, f"/segments/{row.pk}/", f"/customers/card/{quote(who)}"]
    weights = {page: loaded(client, page) for page in pages}
    assert {page: sum(sizes.values()) for page, sizes in weights.items() if sum(sizes.values()) > HEAVY} == {}
    for sizes in weights.values():
        assert any(".css" in name for name in sizes)
        assert any(".js" in name for name in sizes)
        assert len(sizes) <= 10


@pytest.mark.parametrize("page", ["/login/"])
def test_the_first_load_before_signing_in_is_light(founded, client_of, page):
    assert sum(loaded(client_of(), page).values()) <= HEAVY


def test_pages_are_compressed_for_those_who_ask_and_files_are_not(analysed, client_of):
    client = client_of("owner")
    plain = client.get("/customers/")
    assert "Content-Encoding" not in plain
    packed = client.get("/customers/", headers={"accept-encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert len(packed.content) * 3 < len(plain.content)
    assert "Accept-Encoding" in packed["Vary"]
    assert "Кто мои клиенты" in gzip.decompress(packed.content).decode()
    (style,) = {name for name in LINKED.findall(plain.content.decode()) if "desk.css" in name}
    answer = client.get(style, headers={"accept-encoding": "gzip"})
    assert b"font-family" in b"".join(answer.streaming_content)
    assert "Content-Encoding" not in answer
