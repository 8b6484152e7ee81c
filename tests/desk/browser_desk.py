"""A running desk and a browser: what the tests of screens share. A room adds its pages to `PAGES`."""

import os
import re
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from django.urls import resolve
from playwright.sync_api import sync_playwright
from servers import free_port

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
PICTURES = Path(os.environ.get("KOGORTA_SCREENS", "build/screens"))  # a folder to look at the pages in
PASSWORD = "a quiet harbour at dawn"
PAGES = [
    "/",
    "/customers/",
    "/segments/",
    "/segments/new/",
    "/changes/",
    "/reports/",
    "/company/",
    "/account/",
    "/account/password/",
    "/account/two-factor/on/",
    "/people/",
    "/people/roles/",
    "/journal/",
    "/jobs/",
    "/tokens/",
]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"]


class Seen:
    """Pages looked at: which they were, and what is wrong with them.

    Args:
        address: of the desk.
    """

    def __init__(self, address):
        self.address, self.names, self.faults = address, set(), []

    def look(self, page, language, name=None):
        """A page as it stands, wide and narrow: its picture, whether it is accessible, whether it scrolls sideways."""
        path = urlsplit(page.url).path
        assert page.locator("html").get_attribute("lang") == language, path
        self.names.add((resolve(path).url_name, language))
        name = name or re.sub(r"[^a-z0-9]+", "-", path.strip("/")) or "today"
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 800})
            folder = PICTURES / str(width)
            folder.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=folder / f"{name}-{language}.png", full_page=True)
            found = Axe().run(page, options=RULES).response["violations"]
            self.faults += [(name, language, width, item["id"], item["nodes"][0]["html"][:160]) for item in found]
            if page.evaluate("document.documentElement.scrollWidth") > width:
                self.faults.append((name, language, width, "scrolls sideways"))
        page.set_viewport_size({"width": 1280, "height": 800})

    def taken(self):
        """What was wrong since the last asking."""
        found, self.faults = self.faults, []
        return found


@contextmanager
def running_desk(home):
    """Address of a new desk and the path of its first start; `kogorta desk run` in a process of its own."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("KOGORTA_DESK_", "DATABASE_URL", "DJANGO_"))}
    command = [sys.executable, "-c", "from kogorta.cli.main import main; main()", "desk"]
    subprocess.run([*command, "init", "--home", str(home)], env=environment, check=True, capture_output=True)
    with (home / "log").open("w") as log:
        process = subprocess.Popen([*command, "run", "--home", str(home), "--port", str(port)], env=environment, stdout=log, stderr=log)
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz")
        yield f"http://127.0.0.1:{port}", "/start/?token=" + (home / "setup.token").read_text().strip()
    finally:
        process.terminate()
        process.wait(timeout=40)


def wait_for(address, limit=90):
    end = time.monotonic() + limit
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return answer.status
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


@contextmanager
def browser():
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        try:
            yield found
        finally:
            found.close()


def create_owner(page, address, start):
    page.goto(address + start)
    for name, value in {
        "name": "Анна",
        "email": "anna@example.com",
        "password": PASSWORD,
        "repeated": PASSWORD,
        "company_name": "Орион",
    }.items():
        page.fill(f"[name={name}]", value)
    page.click("button.main")
    page.wait_for_url(address + "/")
