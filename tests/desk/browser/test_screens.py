"""Every page in a real browser: accessible, within the width of a phone, without other hosts, without JavaScript too."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.slow_gate
pytest.importorskip("playwright")
if not Path("/usr/bin/chromium").exists():
    pytest.skip("no Chromium on this machine", allow_module_level=True)

from axe_playwright_python.sync_playwright import Axe  # noqa: E402
from browser_desk import PAGES, PICTURES, RULES, browser, create_owner, running_desk  # noqa: E402


@pytest.fixture(scope="module")
def desk_and_browser(tmp_path_factory):
    home = tmp_path_factory.mktemp("desk")
    with running_desk(home) as (address, start), browser() as chromium:
        context = chromium.new_context(locale="ru-RU", viewport={"width": 1280, "height": 800})
        create_owner(context.new_page(), address, start)
        yield address, chromium, context


@pytest.fixture
def page(desk_and_browser):
    _, _, context = desk_and_browser
    found = context.new_page()
    yield found
    found.close()


def speak(page, address, code):
    page.goto(address + "/account/")
    button = page.locator(f"button[name=code][value={code}]")
    if button.count():
        button.click()
        page.wait_for_load_state()


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_page_is_accessible_fits_a_phone_and_asks_nobody_else(desk_and_browser, page, language):
    address, _, _ = desk_and_browser
    speak(page, address, language)
    outside, complaints = [], []
    page.on("request", lambda request: outside.append(request.url) if not request.url.startswith((address, "data:")) else None)
    page.on("console", lambda entry: complaints.append(entry.text) if entry.type == "error" else None)
    wide, faults = [], []
    for path in PAGES:
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(address + path)
        assert page.locator("html").get_attribute("lang") == language
        picture(page, f"{language}-1280", path)
        faults += [(path, found["id"], found["nodes"][0]["html"][:120]) for found in Axe().run(page, options=RULES).response["violations"]]
        for width in (390, 320):
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wide.append((path, width))
            if width == 390:
                picture(page, f"{language}-390", path)
                faults += [(path, width, found["id"]) for found in Axe().run(page, options=RULES).response["violations"]]
    assert (faults, wide, outside, complaints) == ([], [], [], [])


def picture(page, kind, path):
    folder = PICTURES / "empty"
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{kind}-{path.strip('/').replace('/', '-') or 'today'}.png", full_page=True)


def test_in_the_dark_every_page_keeps_its_contrast(desk_and_browser):
    address, chromium, context = desk_and_browser
    dark = chromium.new_context(color_scheme="dark", storage_state=context.storage_state())
    found = dark.new_page()
    faults = []
    for path in PAGES:
        found.goto(address + path)
        faults += [(path, item["id"], item["nodes"][0]["html"][:120]) for item in Axe().run(found, options=RULES).response["violations"]]
        picture(found, "dark", path)
    dark.close()
    assert faults == []


def test_the_first_load_is_light(desk_and_browser):
    address, chromium, context = desk_and_browser
    fresh = chromium.new_context(storage_state=context.storage_state())
    found = fresh.new_page()
    sizes = []
    found.on("response", lambda answer: sizes.append(len(answer.body())))
    found.goto(address + "/")
    found.wait_for_load_state("networkidle")
    fresh.close()
    assert sum(sizes) <= 120 * 1024
    assert len(sizes) <= 10


def test_without_javascript_one_reads_saves_and_signs_out(desk_and_browser):
    address, chromium, context = desk_and_browser
    plain = chromium.new_context(java_script_enabled=False, storage_state=context.storage_state(), viewport={"width": 390, "height": 800})
    found = plain.new_page()
    found.goto(address + "/company/")
    found.fill("[name=company_name]", "Орион Плюс")
    found.click("main button.main")
    assert "note success" in found.content()
    assert found.input_value("[name=company_name]") == "Орион Плюс"
    found.click("a[href='#menu']")
    found.click(".menu a[href='/people/']")
    assert found.url == address + "/people/"
    plain.close()


def test_the_keyboard_alone_reaches_the_content(desk_and_browser, page):
    address, _, _ = desk_and_browser
    page.goto(address + "/people/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
