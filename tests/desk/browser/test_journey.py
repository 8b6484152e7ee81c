"""A new user's first day in a real browser: an export in, segments and a rule read, a customer opened, a report downloaded."""

import os
import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow_gate
pytest.importorskip("playwright")
if not Path("/usr/bin/chromium").exists():
    pytest.skip("no Chromium on this machine", allow_module_level=True)

from axe_playwright_python.sync_playwright import Axe  # noqa: E402
from browser_desk import browser, create_owner, running_desk  # noqa: E402

from kogorta.demo.school import write_school  # noqa: E402

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
PICTURES = Path(os.environ.get("KOGORTA_SCREENS", "build/screens"))
HEAVY = 120 * 1024
WAIT = 150_000


def text(page):
    return page.inner_text("body").replace("\u00a0", " ").replace("\u202f", " ")


def until(page, address, wanted, limit=240):
    """Open a page again and again until it shows a text."""
    end = time.monotonic() + limit
    while True:
        page.goto(address)
        if wanted in text(page):
            return
        if time.monotonic() > end:
            raise AssertionError(f"{address}: {wanted!r} did not come: {text(page)[:1500]}")
        time.sleep(1)


def counted(page, change):
    """Change the rule and wait for its count."""
    with page.expect_response(lambda answer: "/segments/rule/" in answer.url) as waiting:
        change()
    waiting.value.finished()
    page.wait_for_timeout(100)


def typed(page, name, value):
    if page.input_value(f"[name={name}]") == value:
        page.fill(f"[name={name}]", "")
    page.fill(f"[name={name}]", value)
    page.keyboard.press("Tab")


@pytest.fixture(scope="module")
def journey(tmp_path_factory):
    home, export = tmp_path_factory.mktemp("desk"), tmp_path_factory.mktemp("export")
    write_school(export, seed=7, as_of=datetime.now(UTC).date(), companies=100)
    with running_desk(home) as (address, start), browser() as chromium:
        context = chromium.new_context(locale="ru-RU", viewport={"width": 1280, "height": 800}, accept_downloads=True)
        context.set_default_timeout(60_000)
        page = context.new_page()
        outside, complaints = [], []
        page.on("request", lambda request: outside.append(request.url) if not request.url.startswith((address, "data:")) else None)
        page.on("console", lambda entry: complaints.append(entry.text) if entry.type == "error" else None)
        create_owner(page, address, start)
        yield {"page": page, "address": address, "export": export / "deals.csv", "context": context, "browser": chromium}
        assert (outside, complaints) == ([], [])


def test_a_new_user_loads_an_export_builds_a_segment_and_takes_the_report_home(journey):
    page, address = journey["page"], journey["address"]
    assert "База пока пуста" in text(page)
    # the export of Bitrix24: sent, looked at, audited, accepted
    page.click("a.button.main")
    page.set_input_files("input[type=file]", str(journey["export"]))
    page.click("main button.main")
    page.wait_for_url(re.compile(r"/imports/\d+/"))
    assert "Битрикс24" in text(page)
    steps = {"columns": page.url}
    page.click("button[name=deed][value=check]")
    page.wait_for_selector("text=Добавить файл в базу?", timeout=WAIT)
    audited = text(page)
    assert "использована, объединена или не вошла" in audited
    page.click("button:has-text('Добавить в базу')")
    page.wait_for_selector("text=Что получила база", timeout=WAIT)
    journey["import"] = steps["columns"]
    # segments
    until(page, address + "/customers/", "Кто мои клиенты")
    page.wait_for_selector("table.heat", timeout=WAIT)
    assert "ВИП" in text(page)
    # the rule of the mission, condition by condition
    page.goto(address + "/segments/new/")
    counted(page, lambda: page.select_option("[name=g0-0-what]", "function:orders"))
    counted(page, lambda: page.select_option("[name=g0-0-op]", "="))
    counted(page, lambda: typed(page, "g0-0-value", "0"))
    counted(page, lambda: page.select_option("[name=g0-0-window]", "30d"))
    counted(page, lambda: page.select_option("[name=g0-1-what]", "function:revenue"))
    counted(page, lambda: page.select_option("[name=g0-1-op]", ">"))
    counted(page, lambda: typed(page, "g0-1-value", "100 000"))
    counted(page, lambda: page.select_option("[name=g0-1-window]", "all"))
    page.wait_for_selector(".sentence")
    sentence = page.inner_text(".sentence").replace("\u00a0", " ")
    assert "30" in sentence
    assert "100 000" in sentence
    page.fill("#name", "Молчат 30 дней, больше 100 000")
    page.click("button[value=save]")
    page.wait_for_url(re.compile(r"/segments/\d+/"))
    journey["segment"] = page.url
    # a customer
    page.click("#builder table a")
    page.wait_for_url(re.compile("/customers/card/"))
    journey["customer"] = page.url
    assert "Больше всего куплено" in text(page)
    # the report
    page.goto(address + "/reports/")
    page.click("button:has-text('Сделать отчёт сейчас')")
    page.wait_for_url(re.compile(r"/reports/\d+/"))
    journey["report"] = page.url
    page.wait_for_selector("text=Читать отчёт", timeout=WAIT)
    with page.expect_download() as waiting:
        page.click("a:has-text('Отчёт, PDF')")
    assert Path(waiting.value.path()).read_bytes().startswith(b"%PDF-")
    page.click("a:has-text('Читать отчёт')")
    page.wait_for_url(re.compile("/read/"))
    assert page.locator("svg").count() > 3
    page.click("text=Вернуться на пульт")
    # another language
    page.click("button[name=code][value=en]")
    page.wait_for_load_state()
    assert "Read the report" in text(page)
    page.click("button[name=code][value=ru]")
    page.wait_for_load_state()


def paths(journey):
    address = journey["address"]
    named = {name: journey[name].removeprefix(address) for name in ("import", "segment", "customer", "report")}
    customer = named["customer"].removeprefix("/customers/card/")
    number = re.search(r"\d+", named["segment"])[0]
    return [
        "/", "/customers/", "/customers/?segment=vip", "/segments/", "/segments/new/", named["segment"], named["customer"], "/changes/", "/live/",
        "/reports/", named["report"], named["report"] + "read/", "/data/", "/data/duplicates/", "/imports/", named["import"],
        named["segment"] + "?customer=ооо", named["customer"] + f"?segment={number}", f"/live/{number}/", f"/live/customers/{customer}/",
        "/live/hooks/", "/customers/?q=ооо", "/jobs/1/", "/tokens/", "/account/password/", "/account/two-factor/on/",
        f"/person/erase/?customer={customer}", "/erasures/", "/demo/", "/jobs/", "/company/", "/people/", "/people/roles/", "/journal/", "/account/",
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_page_with_data_is_accessible_and_fits_a_phone(journey, language):
    if "report" not in journey:
        pytest.skip("the journey did not come to its end")
    page, address = journey["page"], journey["address"]
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(address + "/account/")
    button = page.locator(f"button[name=code][value={language}]")
    if button.count():
        button.click()
        page.wait_for_load_state()
    faults, wide = [], []
    for path in paths(journey):
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 800})
            page.goto(address + path)
            folder = PICTURES / str(width)
            folder.mkdir(parents=True, exist_ok=True)
            name = re.sub(r"[^a-z0-9]+", "-", path.split("?")[0].strip("/")) or "today"
            page.screenshot(path=folder / f"{name}-{language}.png", full_page=True)
            faults += [
                (path, width, found["id"], found["nodes"][0]["html"][:160])
                for found in Axe().run(page, options=RULES).response["violations"]
            ]
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wide.append((path, width))
    assert (faults, wide) == ([], [])


def test_each_step_of_an_import_is_accessible_in_english(journey):
    page, address = journey["page"], journey["address"]
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(address + "/account/")
    if page.locator("button[name=code][value=en]").count():
        page.click("button[name=code][value=en]")
        page.wait_for_load_state()
    other = journey["export"].with_name("other.csv")
    other.write_text("\n".join(journey["export"].read_text(encoding="utf-8-sig").splitlines()[:40]) + "\n", encoding="utf-8")
    page.goto(address + "/imports/")
    page.set_input_files("input[type=file]", str(other))
    page.click("main button.main")
    page.wait_for_url(re.compile(r"/imports/\d+/"))
    faults = [("columns", found["id"]) for found in Axe().run(page, options=RULES).response["violations"]]
    page.click("button[name=deed][value=check]")
    page.wait_for_selector("text=Add the file to the base?", timeout=WAIT)
    faults += [("audit", found["id"]) for found in Axe().run(page, options=RULES).response["violations"]]
    assert faults == []
    page.locator("summary:has-text('Delete the file')").click()
    page.click("button:has-text('Delete the file')")
    page.wait_for_url(address + "/imports/")


def test_the_first_load_of_each_main_page_is_light(journey):
    sizes = {}
    for path in ("/", "/customers/", "/segments/new/", "/reports/", "/data/", journey.get("customer", "").removeprefix(journey["address"])):
        fresh = journey["browser"].new_context(storage_state=journey["context"].storage_state())
        page, seen = fresh.new_page(), []
        page.on("response", lambda answer, seen=seen: seen.append(int(answer.headers.get("content-length") or len(answer.body()))))
        page.goto(journey["address"] + path)
        page.wait_for_load_state("networkidle")
        sizes[path] = sum(seen)
        fresh.close()
    assert {path: size for path, size in sizes.items() if size > HEAVY} == {}


def test_without_javascript_one_reads_pages_and_saves(journey):
    if "report" not in journey:
        pytest.skip("the journey did not come to its end")
    plain = journey["browser"].new_context(java_script_enabled=False, storage_state=journey["context"].storage_state())
    page, address = plain.new_page(), journey["address"]
    page.goto(address + "/customers/")
    assert page.locator("table.heat").count() == 1
    if page.locator("a[rel=next]").count():
        first = page.locator("#people tbody tr").first.inner_text()
        page.click("a[rel=next]")
        assert page.locator("#people tbody tr").first.inner_text() != first
    page.goto(journey["segment"])
    page.fill("[name=g0-1-value]", "90000")
    page.click("button[value=save]")
    assert page.input_value("[name=g0-1-value]").replace("\u00a0", "").replace(" ", "") == "90000"
    page.goto(journey["customer"])
    page.locator("summary").filter(has_text=re.compile("Записать согласие|Record a consent")).click()
    page.fill("[name=source]", "письмо")
    page.click("button:text-is('Записать'), button:text-is('Record')")
    assert "note success" in page.content()
    plain.close()
