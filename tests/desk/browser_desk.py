"""A running desk and a browser: what the tests of screens share. A room adds its pages to `PAGES`."""

import os
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

from playwright.sync_api import sync_playwright
from servers import free_port

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
