"""A new user's first day in a real browser: an export in, segments and a rule read, a customer opened, a report downloaded."""

import re
import time
from base64 import b32decode
from datetime import UTC, datetime
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow_gate  # one desk, one day: each test goes on from the one before
pytest.importorskip("playwright")
if not Path("/usr/bin/chromium").exists():
    pytest.skip("no Chromium on this machine", allow_module_level=True)

from addresses import address as address_of  # noqa: E402
from addresses import views  # noqa: E402
from browser_desk import PASSWORD, Seen, browser, create_owner, running_desk  # noqa: E402
from django_otp.oath import totp  # noqa: E402

from kogorta.demo.school import write_school  # noqa: E402

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
        seen = Seen(address)
        for language in ("en", "ru"):
            stranger = chromium.new_context(locale=language).new_page()
            stranger.goto(address + start)
            seen.look(stranger, language)
            stranger.context.close()
        create_owner(page, address, start)
        yield {"page": page, "address": address, "export": export / "deals.csv", "context": context, "browser": chromium, "seen": seen}
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
    journey["other"] = page.locator("#builder table a").last.get_attribute("href").removeprefix("/customers/card/")
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
    number, other = re.search(r"\d+", named["segment"])[0], journey["other"]
    return [
        "/", "/customers/?segment=vip", "/customers/", "/segments/", "/segments/new/", named["segment"], named["customer"], "/changes/", "/live/",
        "/reports/", named["report"], named["report"] + "read/", "/data/", "/data/duplicates/", "/imports/", named["import"],
        named["segment"] + "?customer=ооо", named["customer"] + f"?segment={number}", f"/live/{number}/", f"/live/customers/{customer}/",
        "/live/hooks/", "/customers/?q=ооо", "/segments/new/?formula=entered('Молчат 30 дней, больше 100 000', 30d)", "/jobs/1/", "/tokens/", "/account/password/", "/account/two-factor/on/",
        f"/person/erase/?customer={customer}", "/erasures/", "/live/feed/", f"/data/duplicates/pair/?left={customer}&right={other}", "/demo/", "/jobs/", "/company/", "/people/", "/people/roles/", "/journal/", "/account/",
    ]  # fmt: skip


def speak(page, address, language):
    page.goto(address + "/account/")
    button = page.locator(f"button[name=code][value={language}]")
    if button.count():
        button.click()
        page.wait_for_load_state()


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_page_with_data_is_accessible_and_fits_a_phone(journey, language):
    assert "report" in journey, "the first test of this file did not come to its end"
    page, address, seen = journey["page"], journey["address"], journey["seen"]
    speak(page, address, language)
    if language == "en":  # a report speaks the language it was made in
        page.goto(address + "/reports/")
        page.click("button:has-text('Make a report now')")
        page.wait_for_url(re.compile(r"/reports/\d+/"))
        journey["report"] = page.url
        page.wait_for_selector("text=Read the report", timeout=WAIT)
    for path in paths(journey):
        page.goto(address + path)
        seen.look(page, language)
    assert seen.taken() == []


@pytest.mark.parametrize("language", ["ru", "en"])
def test_each_step_of_an_import_is_accessible(journey, language):
    page, address, seen = journey["page"], journey["address"], journey["seen"]
    speak(page, address, language)
    other = journey["export"].with_name(f"other-{language}.csv")
    rows = journey["export"].read_text(encoding="utf-8-sig").splitlines()[: 40 if language == "ru" else 50]
    other.write_text("\n".join(rows) + "\n", encoding="utf-8")
    page.goto(address + "/imports/")
    page.set_input_files("input[type=file]", str(other))
    page.click("main button.main")
    page.wait_for_url(re.compile(r"/imports/\d+/"))
    seen.look(page, language, "import-1-columns")
    page.click("button[name=deed][value=check]")
    page.wait_for_selector("button:has-text('Добавить в базу'), button:has-text('Add to the base')", timeout=WAIT)
    seen.look(page, language, "import-2-audit")
    page.locator("summary:has-text('Удалить файл'), summary:has-text('Delete the file')").click()
    page.click("button:has-text('Удалить файл'), button:has-text('Delete the file')")
    page.wait_for_url(address + "/imports/")
    assert seen.taken() == []


@pytest.mark.parametrize("language", ["ru", "en"])
def test_before_sign_in_and_at_its_second_step(journey, language):
    """A person comes by an invitation, turns the second step on, and signs in with it."""
    page, address, seen = journey["page"], journey["address"], journey["seen"]
    page.goto(address + "/people/")
    page.fill("[name=email]", f"olga-{language}@example.com")
    page.locator("[name=role]").last.select_option("manager")
    page.click("section.card button.main")
    link = page.inner_text(".note code")
    context = journey["browser"].new_context(locale=language)
    guest = context.new_page()
    guest.goto(address + "/login/")
    guest.fill("[name=username]", "nobody@example.com")
    guest.fill("[name=password]", "wrong")
    guest.click("button.main")
    seen.look(guest, language)
    guest.goto(link)
    seen.look(guest, language, "invitation")
    for name, value in {"name": "Ольга", "password": PASSWORD, "repeated": PASSWORD}.items():
        guest.fill(f"[name={name}]", value)
    guest.click("button.main")
    guest.wait_for_url(address + "/")
    guest.goto(address + "/account/two-factor/on/")
    secret = b32decode(guest.inner_text("main code").replace(" ", ""))
    guest.fill("main input[name=code]", f"{totp(secret):06}")
    guest.click("button.main")
    seen.look(guest, language, "account-codes")
    recovery = guest.inner_text(".codes li")
    for path in ("/account/two-factor/off/", "/account/two-factor/codes/"):
        guest.goto(address + path)
        seen.look(guest, language)
    context.clear_cookies()
    guest.goto(address + "/login/")
    guest.fill("[name=username]", f"olga-{language}@example.com")
    guest.fill("[name=password]", PASSWORD)
    guest.click("button.main")
    guest.wait_for_url(address + "/login/code/")
    seen.look(guest, language)
    guest.fill("main input[name=code]", recovery)
    guest.click("button.main")
    guest.wait_for_url(address + "/")
    context.close()
    assert seen.taken() == []


@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_person_is_erased_before_the_eyes(journey, language):
    page, address, seen = journey["page"], journey["address"], journey["seen"]
    speak(page, address, language)
    page.goto(address + "/customers/")
    page.locator("#people tbody a").last.click()
    page.wait_for_url(re.compile("/customers/card/"))
    customer = page.url.partition("/customers/card/")[2]
    page.goto(f"{address}/person/erase/?customer={customer}")
    seen.look(page, language, "erase")
    page.check("[name=understood]")
    page.click("button.danger")
    page.wait_for_url(re.compile(r"/erasures/\d+/"))
    seen.look(page, language, "erasure")
    until(page, page.url, "Заказы теперь у клиента" if language == "ru" else "The orders are those of the customer")
    seen.look(page, language, "erasure-done")
    assert seen.taken() == []


def test_no_page_is_left_out(journey):
    """Every address that answers with a page was looked at, in both languages."""
    documents = {"health", "metrics", "openapi", "no_interface", "quarantine", "report_file", "export_person"}
    answered = {name for name, pattern, _ in views() if journey["page"].request.get(journey["address"] + address_of(pattern)).status != 405}
    assert {(name, language) for name in answered - documents for language in ("ru", "en")} - journey["seen"].names == set()


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
    assert "report" in journey, "the first test of this file did not come to its end"
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
