import io
import json
import re
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise

import pypdf
import pytest
from example import analysis
from value_example import fresh, report

from kogorta.kit.errors import InputError, OptionError
from kogorta.reports import Report
from kogorta.reports.fonts import font_faces

VARIANTS = {
    "one customer": lambda: analysis(customers=1, industries=False, migration=False),
    "nobody": lambda: analysis(customers=0),
    "guide": lambda: analysis(customers=30, scheme="guide", currency="JPY", industries=False),
}
FILES = {
    "report.pdf", "report.html", "customers.csv", "customers.parquet", "customers.xlsx", "segments.csv", "first_wave.xlsx",
    "first_wave.csv", "plan.json", "audit.csv", "quarantine.csv", "accounting.json", "churn.csv",
    "migration.csv", "moved.csv", "cohorts.csv", "segment_history.csv",
}  # fmt: skip


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.broken = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "br", "link", "img"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.broken.append(tag)

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The whole output of the example with what its customers are worth, and of a base of one customer, made once."""
    root = tmp_path_factory.mktemp("written")
    paths = report().write(root / "case")
    Report(VARIANTS["one customer"](), "en").write(root / "one")
    return root, paths


@pytest.fixture(scope="module")
def pdf(written):
    return (written[0] / "case/report.pdf").read_bytes()


@pytest.fixture(scope="module")
def html(written):
    return (written[0] / "case/report.html").read_text(encoding="utf-8")


@cache
def rendered(variant, language):
    """PDF and page of a variant."""
    report = Report(VARIANTS[variant](), language)
    return report._pdf(), report._html().decode()


def reader(data):
    return pypdf.PdfReader(io.BytesIO(data))


@cache
def pages_of(data):
    return [page.extract_text() for page in reader(data).pages]


def text_of(data):
    return "\n".join(pages_of(data)).replace("\u200b", "")


@pytest.mark.parametrize(("variant", "language"), [("guide", "en"), ("one customer", "ru"), ("nobody", "en"), ("nobody", "ru")])
def test_every_variant_becomes_a_pdf_and_a_page(variant, language):
    data, text = rendered(variant, language)
    assert reader(data).trailer["/Root"]["/Lang"] == language
    page = Page(text)
    assert page.all("html")[0]["lang"] == language
    assert len(page.all("h1")) == 1
    assert not page.broken


def test_the_chapter_of_value_is_on_the_pages_with_who_leaves_and_what_was_tested(html):
    for words in ("По прежнему темпу, без модели", "прежний темп каждого клиента", "Кто собирается уйти", "ВИП по ценности", "в churn.csv"):
        assert words in html.replace("\u00a0", " "), words


def test_the_pdf_is_tagged_titled_bookmarked_and_has_no_clock(pdf):
    root, facts = reader(pdf).trailer["/Root"], reader(pdf).metadata
    assert root["/MarkInfo"]["/Marked"]
    assert b"pdfuaid:part>1<" in pdf or "pdfuaid" in root["/Metadata"].get_data().decode()
    assert facts["/Title"] == "Клиентская база: сегменты и план удержания"
    assert "/CreationDate" not in facts
    titles = [item.title for item in reader(pdf).outline if not isinstance(item, list)]
    assert titles[:2] == ["Главное", "Данные и аудит"]
    assert titles[-1] == "Определения"


def test_equal_analyses_give_equal_pdfs_and_pages(tmp_path, pdf, html):
    again = Report(fresh("naive"), "ru")
    assert again.save(tmp_path / "b.pdf").read_bytes() == pdf
    assert again.save(tmp_path / "b.html").read_text(encoding="utf-8") == html


def test_the_pdf_tells_the_plan_with_its_warnings(pdf):
    text = re.sub(r"\s+", " ", text_of(pdf))
    for words in (
        "Начать с сегмента «Требует внимания»",
        "Это пилот, а не A/B-тест",
        "Цифры противоречат утверждению",
        "Показаны первые 40 из 60 клиентов",
        "измерено на этой базе",
        "допущение",
        "Чего мы не знаем",
    ):
        assert words in text, words


def test_table_headers_repeat_on_the_next_page(pdf):
    assert sum("№" in page and "Почему" in page for page in pages_of(pdf)) >= 2


def test_hostile_names_are_printed_literally():
    made = report(hostile=True)
    html = made._html().decode()
    pages = (page.extract_text() for page in reversed(reader(made._pdf()).pages))  # names stand in the list near the end
    assert any('#panic("x")' in page and "<script>" in page for page in pages)
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "#panic(&quot;x&quot;)" in html


def test_a_hostile_title_stays_a_title(tmp_path):
    report = Report(analysis(1), "en", title='</title><script>x</script> #panic("x") ' + "Ы" * 400)
    assert "<script" not in report.save(tmp_path / "r.html").read_text(encoding="utf-8")
    assert reader(report.save(tmp_path / "r.pdf").read_bytes()).metadata["/Title"].startswith("</title><script>")


def test_the_page_asks_nobody_for_anything(html):
    page = Page(html)
    assert not page.all("script")
    assert not page.all("link")
    assert not page.all("img")
    assert all(attrs["href"].startswith("#") for attrs in page.all("a"))
    assert not re.findall(r"""(?:src|href|url\()\s*=?\s*["']?https?:""", html)
    ids = [attrs["id"] for _, attrs in page.tags if attrs.get("id")]
    assert len(ids) == len(set(ids))
    assert {attrs["href"][1:] for attrs in page.all("a")} <= set(ids)


def test_tables_and_drawings_of_the_page_can_be_heard(html):
    page = Page(html)
    assert all(attrs.get("scope") in {"col", "row"} for attrs in page.all("th"))
    assert all(attrs["role"] == "img" and attrs["aria-label"] for attrs in page.all("svg"))
    assert page.all("a")[0]["class"] == "skip"


def test_headings_never_skip_a_level(html):
    page = Page(html)
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_the_type_inside_the_page_is_small_and_the_same_each_time():
    made = font_faces("Привет ₽ №")
    assert made == font_faces("Привет ₽ №")
    assert len(made) < 60_000


def test_write_leaves_every_file_of_the_contract(written):
    out, paths = written[0] / "case", written[1]
    names = {str(path.relative_to(out)) for path in paths}
    assert {name for name in names if "/" not in name} == FILES
    charts = {name for name in names if name.startswith("charts/")}
    assert len(charts) == 32
    assert "charts/segments.png" in charts
    assert {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()} == names
    plan = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    assert plan["as_of"] == "2026-11-22"
    assert plan["priority_segment"]["segment"] == "needs_attention"
    assert plan["priority_segment"]["why"].startswith("Начать с сегмента")
    assert plan["wave"] == {"customers": 60, "treated": 48, "control": 12, "segment_customers": 149}
    assert plan["experiment"]["verdict"] == "pilot"
    assert plan["experiment"]["smallest_detectable_effect"] == 0.276
    assert plan["forecast"]["inputs"][2] == {
        "name": "average_check", "value": 110000.0, "low": 65000.0, "high": 190000.0, "unit": "money", "source": "measured", "sample": 214,
    }  # fmt: skip
    assert set(plan["definitions"]) >= {"recency", "abc", "xyz"}


def test_without_a_plan_the_file_says_why(written):
    plan = json.loads((written[0] / "one/plan.json").read_text(encoding="utf-8"))
    assert plan["priority_segment"] is None
    assert plan["why_not"] == "too_few_buyers"
    assert "too few buyers" in plan["why_not_in_words"]


def test_another_suffix_is_refused_with_what_is_allowed(tmp_path):
    with pytest.raises(OptionError, match=r"must end in \.pdf or \.html"):
        Report(analysis(0)).save(tmp_path / "report.docx")
    assert not (tmp_path / "report.docx").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot be written"):
        Report(analysis(0)).write(tmp_path / "file" / "out")


def test_an_unknown_language_is_refused():
    with pytest.raises(OptionError, match="language"):
        Report(analysis(0), "de")
