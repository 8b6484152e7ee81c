"""The requests of docs/*/api.md work as they stand, in both languages."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from import_texts import DEALS
from tests.desk.api.test_rooms import send

from kogorta.desk.api.problems import TITLES
from kogorta.desk.api.scopes import Scope
from kogorta.desk.environment import Environment
from kogorta.desk.imports.models import SentFile
from kogorta.desk.settings import DESK

DOCS = Path(__file__).parents[3] / "docs"
PAGES = {code: (DOCS / code / "api.md").read_text(encoding="utf-8") for code in ("ru", "en")}


def requests_of(text):
    """Every curl of a page as words."""
    for block in re.findall(r"```bash\n(.*?)```", text, re.DOTALL):
        for command in re.split(r"\n(?=curl|export)", block.strip()):
            if command.startswith("curl"):
                yield command


def asked(program, command, cursor):
    """What a curl asks, asked of the interface."""
    line = command.replace("$TOKEN", program.token).replace("$DESK", "").replace("$CURSOR", cursor)
    words = shlex.split(line)[1:]
    method, body, headers, path, file = "GET", None, {}, "", ""
    place = 0
    while place < len(words):
        word = words[place]
        if word in {"-X", "-H", "-d", "-F"}:
            place += 1
            value = words[place]
            if word == "-X":
                method = value
            elif word == "-d":
                body = value
            elif word == "-F":
                file = value
            else:
                name, text = value.split(": ", 1)
                headers[name] = text
        elif word != "-s":
            path = word
        place += 1
    if file:
        assert file == "file=@deals.csv"
        return send(program, DEALS)
    sent = SentFile.objects.first()
    path = path.replace("/imports/1", f"/imports/{sent.pk if sent else 1}")
    kind = {"content_type": headers["Content-Type"]} if body is not None else {}
    return program.ask(method, path, body, **{name: text for name, text in headers.items() if name == "Idempotency-Key"}, **kind)


@pytest.mark.parametrize("code", ["ru", "en"])
def test_every_request_of_the_page_is_answered(analysed, program, code):
    cursor = program().get("/customers?sort=last&way=up&limit=50").json()["next_cursor"]
    statuses = [asked(program(), command, cursor).status_code for command in requests_of(PAGES[code])]
    assert statuses == [200, 200, 202, 201, 202, 200, 409, 200, 202, 202], "409: the audit of the example is still under way"
    shutil.rmtree(DESK.files_folder, ignore_errors=True)


def test_both_pages_ask_the_same():
    assert list(requests_of(PAGES["ru"])) == list(requests_of(PAGES["en"]))


@pytest.mark.parametrize("code", ["ru", "en"])
def test_the_page_names_every_scope_every_status_and_every_setting(code):
    text = PAGES[code]
    assert [scope.value for scope in Scope if f"`{scope.value}`" not in text] == []
    assert [status for status in TITLES if str(status) not in text] == []
    assert f"({Environment().api_per_minute})" in text
