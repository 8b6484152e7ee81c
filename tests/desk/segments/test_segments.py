import csv
import io
import re
from html import unescape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kogorta.desk.journal.models import Entry
from kogorta.desk.segments.actions import save_segment
from kogorta.desk.segments.builder import Group, Row, changed, groups_of, read_groups, tree_of
from kogorta.desk.segments.counting import Shift, compare, count_rule
from kogorta.desk.segments.models import FrozenList, Segment, SegmentVersion
from kogorta.desk.segments.queries import members_of_rule, numbers_of_rule, saved_book, segment_counts
from kogorta.segments.rules.answers import answer_rule
from kogorta.segments.rules.book import SegmentBook
from kogorta.segments.rules.document import to_document
from kogorta.segments.rules.fields import FIELDS, FUNCTIONS
from kogorta.segments.rules.formula import parse_formula
from kogorta.segments.rules.preview import compare_rules, preview
from kogorta.segments.rules.preview import members as library_members
from kogorta.segments.rules.printing import print_formula

MISSION = "orders(30d) = 0 and revenue(all) > 100000"
FORM = {
    "mode": "form",
    "g0-match": "all",
    "g0-0-what": "function:orders",
    "g0-0-op": "=",
    "g0-0-value": "0",
    "g0-0-window": "30d",
    "g0-1-what": "function:revenue",
    "g0-1-op": ">",
    "g0-1-value": "100 000",
    "g0-1-window": "all",
}
HOSTILE = [
    "'; DROP TABLE rules_customers; --",
    "1) OR (1=1",
    "age; --",
    "\x00\x00",
    "$p0",
    "{{7*7}}",
    "NaN",
    "1e999",
    "-" * 900,
    "ё" * 3000,
    "9" * 5000,
]


def text_of(answer):
    return unescape(answer.content.decode()).replace("\xa0", " ")


def members(rule, snapshot):
    found = members_of_rule(rule, snapshot, saved_book())
    return sorted(row[0] for row in snapshot.cursor().execute(found.sql, dict(found.parameters)).fetchall())


def save(client, name, formula, **more):
    return client.post("/segments/rule/", {"mode": "formula", "formula": formula, "name": name, "do": "save", **more})


def test_the_sentence_of_the_mission_built_by_the_form_names_the_members_of_the_library(analysed, client_of):
    from kogorta.desk.bases.opening import open_desk_base

    expected = answer_rule(open_desk_base(), MISSION, analysed.as_of, with_members=True)
    assert tree_of(read_groups(FORM, {})) == parse_formula(MISSION)
    client = client_of("marketer")
    page = text_of(client.post("/segments/rule/", FORM))
    assert expected.sentence_ru.replace("\xa0", " ") in page
    assert "за последние 30 дней не сделали ни одного заказа" in page
    assert f"<b>{expected.preview.customers} " in page
    assert client.post("/segments/rule/", {**FORM, "do": "save", "name": "Спящие деньги"}).status_code == 302
    row = Segment.objects.get(name="Спящие деньги")
    assert members(parse_formula(MISSION), analysed) == sorted(expected.members) != []
    shown = text_of(client.get("/customers/", {"in": row.pk}))
    assert len(set(re.findall(r'href="/customers/card/([^"]+)"', shown))) == min(50, len(expected.members))


def test_a_rule_is_counted_without_scripts_and_as_a_fragment_alike(analysed, client_of):
    client = client_of("analyst")
    whole = text_of(client.post("/segments/rule/", FORM))
    part = text_of(client.post("/segments/rule/", FORM, headers={"hx-request": "true"}))
    assert "<html" in whole
    assert "<html" not in part
    assert 'id="builder"' in part
    count = re.compile(r"<b>[^<]*клиент[^<]*</b>")
    assert count.search(whole)[0] == count.search(part)[0]


def test_the_page_speaks_english(analysed, client_of):
    client = client_of("owner")
    client.post("/language/", {"code": "en", "back": "/"})
    save(client, "Sleepers", MISSION)
    for address in ("/segments/", "/segments/new/", f"/segments/{Segment.objects.get().pk}/"):
        page = text_of(client.get(address))
        assert not re.search("[а-яё]{3}", re.sub(r"<option.*?</option>|<td>.*?</td>|Орион|Русский", "", page), re.IGNORECASE), address


@pytest.mark.parametrize("name", [*[f"field:{name}" for name in FIELDS], *[f"function:{name}" for name in FUNCTIONS], "segment"])
def test_every_thing_a_condition_may_ask_has_controls_that_hold_their_value(name):
    row = Row(name).settled()
    for op in row.ops:
        settled = Row(name, op, "3", "5", ("3",), "30d").settled()
        assert settled.op == op
        if settled.kind == "day":
            settled = Row(name, op, "2026-01-03" if op != "in" else "2026-01-03, 2026-01-04", "2026-02-03").settled()
        rule = tree_of((Group("all", (settled,)),))
        assert tree_of(groups_of(rule)) == rule


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # how fast a busy machine draws says nothing of the form
@given(st.lists(st.lists(st.sampled_from(list(FIELDS)), min_size=1, max_size=4), min_size=1, max_size=3), st.booleans())
def test_the_form_and_the_tree_are_one(fields, any_of):
    groups = tuple(Group("any" if any_of else "all", tuple(Row(f"field:{name}", "known") for name in rows)) for rows in fields)
    rule = tree_of(groups)
    assert tree_of(groups_of(rule)) == rule


def test_a_deeper_tree_is_shown_whole_and_never_flattened(analysed, client_of):
    deep = "age > 18 and (city = 'Perm' or (kind = 'company' and not (monetary > 5)))"
    assert groups_of(parse_formula(deep)) is None
    page = text_of(client_of("owner").get("/segments/new/", {"formula": deep}))
    assert print_formula(parse_formula(deep)) in page
    assert "глубже" in page
    assert "g0-match" not in page


def test_a_formula_that_cannot_be_read_points_at_the_place(analysed, client_of):
    page = text_of(client_of("owner").post("/segments/rule/", {"mode": "formula", "formula": "age > 18 and agee < 3"}))
    assert "age > 18 and agee < 3\n             ^" in page
    assert "14" in page.split('id="rule-error"')[1].split("<pre>")[0]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize(
    "name",
    ["mode", "g0-match", "g0-0-what", "g0-0-op", "g0-0-value", "g0-0-window", "g0-1-value", "do", "name", "segment", "version", "formula"],
)
def test_whatever_the_form_holds_it_is_refused_in_words_and_the_base_stays(analysed, client_of, name, value):
    if name == "segment" and value.isdigit():
        value = "123456"
    for more in ({}, {"mode": "formula"}):
        answer = client_of("owner").post("/segments/rule/", {**FORM, "formula": MISSION, **more, name: value})
        assert answer.status_code in {200, 404}
    assert analysed.cursor().execute("SELECT count(*) FROM rules_customers").fetchone() == (analysed.customers,)
    assert Segment.objects.count() == 0


def test_ten_thousand_conditions_are_refused(analysed, client_of):
    many = " or ".join(f"age = {number}" for number in range(9_000))
    page = text_of(client_of("owner").post("/segments/rule/", {"mode": "formula", "formula": many}))
    assert "500" in page
    fields = {"mode": "form"}
    for group in range(30):
        fields[f"g{group}-match"] = "all"
        for number in range(60):
            fields[f"g{group}-{number}-what"] = "field:age"
    assert client_of("owner").post("/segments/rule/", fields).status_code == 200
    fields |= {f"x{number}": "" for number in range(2_000)}
    assert client_of("owner").post("/segments/rule/", fields).status_code == 400


def test_buttons_change_the_form(analysed):
    groups = read_groups(FORM, {})
    assert [row.name for row in changed(groups, "down:0:0")[0].rows] == ["revenue", "orders"]
    assert len(changed(groups, "copy:0:1")[0].rows) == 3
    assert len(changed(groups, "drop:0:1")[0].rows) == 1
    assert len(changed(groups, "group")) == 2
    assert changed(changed(groups, "group"), "drop-group:1") == groups
    for deed in ("drop:9:9", "up:0:0", "drop:-1:0", "row:", "x" * 100, "drop:٣:0"):
        assert changed(groups, deed) == groups


def test_an_edit_says_who_enters_and_leaves_and_is_kept_as_a_version(analysed, client_of):
    client = client_of("owner")
    save(client, "Много", "monetary > 100000")
    row = Segment.objects.get()
    edit = {"segment": row.pk, "version": 1}
    page = text_of(client.post("/segments/rule/", {"mode": "formula", "formula": "monetary > 500000", **edit}))
    before, after = len(members(parse_formula("monetary > 100000"), analysed)), len(members(parse_formula("monetary > 500000"), analysed))
    assert f"Сейчас {before}, будет {after}" in page
    assert f"Выйдут: {before - after}" in page
    assert save(client, "Много", "monetary > 500000", **edit).status_code == 302
    assert save(client, "Много", "monetary > 900000", **edit).status_code == 409
    row.refresh_from_db()
    assert (row.version, row.tree) == (2, to_document(parse_formula("monetary > 500000")))
    assert list(SegmentVersion.objects.values_list("number", flat=True)) == [2, 1]
    assert Entry.objects.filter(action="segment.saved").count() == 2


def test_a_segment_others_refer_to_is_neither_deleted_nor_renamed(analysed, client_of):
    client = client_of("owner")
    save(client, "base", "monetary > 100000")
    save(client, "inner", "segment('base') and orders(30d) = 0")
    base = Segment.objects.get(name="base")
    assert client.post(f"/segments/{base.pk}/delete/").status_code == 409
    assert save(client, "other", "monetary > 1", segment=base.pk, version=1).status_code == 409
    assert save(client, "base", "segment('inner')", segment=base.pk, version=1).status_code == 422
    assert save(client, "base", "age > 1").status_code == 409
    assert client.post(f"/segments/{Segment.objects.get(name='inner').pk}/delete/").status_code == 302
    assert client.post(f"/segments/{base.pk}/delete/").status_code == 302
    assert Segment.objects.count() == 0


@pytest.mark.parametrize("formula", ["entered('base', 30d)", "not left('base', 30d) and monetary > 1"])
def test_a_segment_whose_moves_others_ask_about_keeps_its_name(analysed, client_of, formula):
    client = client_of("owner")
    save(client, "base", "monetary > 100000")
    save(client, "inner", formula)
    base, inner = (Segment.objects.get(name=name) for name in ("base", "inner"))
    assert save(client, "other", "monetary > 1", segment=base.pk, version=1).status_code == 409
    assert client.post(f"/segments/{base.pk}/delete/").status_code == 409
    save(client, "inner", "entered('inner', 30d)", segment=inner.pk, version=1)
    assert client.post(f"/segments/{inner.pk}/delete/").status_code == 302, "its own moves hold nobody"
    assert client.post(f"/segments/{base.pk}/delete/").status_code == 302


def test_a_frozen_list_keeps_its_people(analysed, client_of):
    client = client_of("owner")
    save(client, "Много", "monetary > 100000")
    assert client.post(f"/segments/{Segment.objects.get().pk}/freeze/").status_code == 302
    frozen = FrozenList.objects.get()
    expected = members(parse_formula("monetary > 100000"), analysed)
    assert frozen.customers == len(expected)
    client.post(f"/segments/{Segment.objects.get().pk}/delete/")
    found = client.post(f"/segments/lists/{frozen.pk}/export/")
    rows = list(csv.DictReader(io.StringIO(b"".join(found.streaming_content).decode("utf-8-sig")), delimiter=";"))
    assert sorted(row["customer_id"] for row in rows) == expected
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]
    assert Entry.objects.get(action="segment.exported").details == {"name": "Много", "customers": len(expected)}
    assert f"?list={frozen.pk}" in text_of(client.get("/segments/"))
    assert client.get("/customers/", {"list": frozen.pk}).status_code == 200


def test_why_a_customer_is_in_a_segment_is_told(analysed, client_of):
    client = client_of("owner")
    save(client, "Много", "monetary > 100000")
    row = Segment.objects.get()
    who = members(parse_formula("monetary > 100000"), analysed)[0]
    assert "входит в сегмент" in text_of(client.get(f"/segments/{row.pk}/", {"customer": who}))
    assert client.get(f"/segments/{row.pk}/", {"customer": "' OR 1=1 --"}).status_code == 200
    assert "входит в сегмент" in text_of(client.get("/customers/card/" + who, {"segment": row.pk}))


@pytest.mark.parametrize(
    ("role", "edits", "exports"), [("marketer", True, True), ("manager", False, False), ("analyst", False, False), (None, False, False)]
)
def test_who_may_not_writes_nothing(analysed, client_of, role, edits, exports):
    owner, client = client_of("owner"), client_of(role)
    save(owner, "Много", "monetary > 100000")
    row = Segment.objects.get()
    before = Entry.objects.count()
    refused = {403} if role else {302}
    done = {302} if edits else refused
    assert save(client, "Ещё", "monetary > 5").status_code in done
    assert client.post(f"/segments/{row.pk}/freeze/").status_code in done
    answer = client.post(f"/segments/{row.pk}/export/")
    assert answer.status_code == (200 if exports else min(refused))
    assert client.post(f"/segments/{row.pk}/delete/").status_code in done
    wrote = Segment.objects.filter(name="Ещё").exists(), FrozenList.objects.exists(), not Segment.objects.filter(pk=row.pk).exists()
    assert wrote == (edits,) * 3
    assert (Entry.objects.count() > before) is edits


def test_personal_fields_cannot_be_probed_by_rules(analysed, client_of):
    client = client_of("analyst")
    for formula in ("email contains 'a'", "not (age > 3 or phone contains '7')"):
        page = text_of(client.post("/segments/rule/", {"mode": "formula", "formula": formula}))
        assert "персональных данных" in page
        assert 'class="sentence"' not in page
    save(client_of("owner"), "secret", "email contains 'a'")
    page = text_of(client.post("/segments/rule/", {"mode": "formula", "formula": "segment('secret')"}))
    assert "персональных данных" in page
    assert client.get(f"/segments/{Segment.objects.get().pk}/").status_code == 403
    assert client.get("/customers/", {"in": Segment.objects.get().pk}).status_code == 403


def test_things_that_are_not_there_are_not_found(analysed, client_of):
    client = client_of("owner")
    for address in ("/segments/999/", "/customers/?in=999", "/customers/?list=999", "/customers/?in=x"):
        assert client.get(address).status_code in {200, 404}, address
    for address in ("/segments/999/delete/", "/segments/999/freeze/", "/segments/999/export/", "/segments/lists/999/export/"):
        assert client.post(address).status_code == 404, address


def test_why_is_asked_by_name_too_and_namesakes_are_there_to_choose_from(analysed, client_of):
    save(client_of("marketer"), "Все", "monetary >= 0 or monetary < 0")
    address = f"/segments/{Segment.objects.get().pk}/"
    cursor = analysed.cursor()
    customer_id, _, email = cursor.execute(
        "SELECT customer_id, name, email FROM customers WHERE email IS NOT NULL ORDER BY monetary DESC LIMIT 1"
    ).fetchone()
    client = client_of("marketer")
    by_id = text_of(client.get(address, {"customer": customer_id}))
    told = re.search(r'<li class="strong">(.*?)</li>', by_id)[1]
    assert told in text_of(client.get(address, {"customer": email.upper()}))
    several = text_of(client.get(address, {"customer": "ООО"}))
    assert "Так зовут нескольких клиентов" in several
    assert several.count('href="?customer=') == 10
    assert "Так зовут" not in text_of(client.get(address, {"customer": "такого нет"}))
    assert told not in text_of(client_of("analyst").get(address, {"customer": email}))


def test_a_rule_is_decided_anew_once_a_segment_it_refers_to_is_another(analysed):
    rule = parse_formula("segment('Частые') and monetary > 0")
    for formula in ("frequency >= 2", "frequency >= 4", "frequency >= 2", "segment('Иные')"):
        book = SegmentBook({"Частые": parse_formula(formula), "Иные": parse_formula("frequency = 1")})
        expected = library_members(rule, analysed.rules(), book=book)
        ids = analysed.rules().connection.execute("SELECT customer_id FROM rules_customers ORDER BY customer_no").fetchall()
        assert tuple(ids[number][0] for number in numbers_of_rule(rule, analysed, book)) == expected
        assert expected


@pytest.mark.parametrize(
    "formula",
    [
        MISSION,
        "recency_days > 30 and monetary > 10000",
        "revenue(365d) > 0 or lifecycle = 'gone'",
        "monetary >= 0 or monetary < 0",
        "monetary < -100000000",
        "not (orders(all, channel = 'сайт') >= 1) and r in (1, 2)",
        "categories() >= 1",
    ],
)
def test_arrays_count_what_the_library_counts(analysed, founded, formula):
    rule, other = parse_formula(formula), parse_formula("frequency >= 2")
    tables, book = analysed.rules(), saved_book()
    assert count_rule(rule, analysed, book) == preview(rule, tables, book=book)
    change = compare_rules(other, rule, tables, book=book)
    assert compare(other, rule, analysed, book) == Shift(
        change.before, change.after, len(change.entering), len(change.leaving), change.revenue_entering, change.revenue_leaving
    )
    numbers = numbers_of_rule(rule, analysed, book)
    ids = analysed.cursor().execute(
        "SELECT customer_id FROM customers WHERE list_contains($n, customer_no) ORDER BY 1", {"n": numbers.tolist()}
    )
    assert [row[0] for row in ids.fetchall()] == members(rule, analysed)


def test_a_rule_about_moves_has_its_people_at_the_live_segment_and_breaks_no_page(analysed, founded, client_of):
    base = save_segment(founded["owner"], "base", parse_formula("orders() >= 1"))
    moved = save_segment(founded["owner"], "came lately", parse_formula("entered('base', 30d)"))
    inside = save_segment(founded["owner"], "through another", parse_formula("segment('came lately') and orders() >= 2"))
    client = client_of("marketer")
    listed = text_of(client.get("/segments/"))
    assert listed.count("считается вживую") == 2
    assert f'href="/live/{moved.pk}/"' in listed
    assert segment_counts(analysed, [base, moved, inside]).keys() == {base.pk}
    for row, words in ((moved, "попали в сегмент «base»"), (inside, "входят в сегмент «came lately»")):
        page = client.get(f"/segments/{row.pk}/")
        assert page.status_code == 200
        assert words in text_of(page)
        assert "посчитано по записанным переходам и последнему анализу" in text_of(page)
        assert (page.context["found"].seen.customers, page.context["found"].change) == (0, None), "nobody has moved yet"
        assert 'role="alert"' not in text_of(page)
        assert f'action="/segments/{row.pk}/export/"' not in text_of(page)
    customer = analysed.cursor().execute("SELECT customer_id FROM customers LIMIT 1").fetchone()[0]
    assert "не входит в сегмент" in text_of(client.get(f"/customers/card/{customer}", {"segment": moved.pk}))
    for answer in (client.get("/customers/", {"in": moved.pk}), client.post(f"/segments/{moved.pk}/export/")):
        assert answer.status_code == 422
        assert "только страница живого сегмента" in text_of(answer)
        assert "--transitions" not in text_of(answer)
    edited = client.post("/segments/rule/", {"mode": "formula", "formula": "orders() >= 2", "segment": moved.pk, "do": "show"})
    assert edited.context["found"].seen.customers > 0
    change = edited.context["found"].change
    assert (change.before, change.after, change.entering) == (0, edited.context["found"].seen.customers, change.after)
