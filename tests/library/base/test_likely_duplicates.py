"""Likely duplicates: what exact keys miss is found with a stated error, told before it is applied, and can be undone wholly."""

import json
import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kogorta.base.customer_base import CustomerBase
from kogorta.base.matching import splink_model
from kogorta.base.matching.clusters import Link, Marks, group
from kogorta.base.matching.likely import LikelyMatcher
from kogorta.base.matching.names import read_city, read_company, read_person, sound
from kogorta.base.matching.review import review_rows, write_review
from kogorta.demo.doubles import make_doubles
from kogorta.kit.errors import MissingExtraError, OptionError
from kogorta.kit.language import Language
from kogorta.segments.merge_effect import merge_effect
from kogorta.sources.files import read_file

ALL_BUT_DECISIONS = (
    "customers", "contacts", "orders", "order_lines", "products", "customer_days", "entities", "entity_keys", "entity_contacts", "merges",
    "splits", "problems", "imports", "quarantine", "events", "consents",
)  # fmt: skip


def base_of(rows_as_csv, folder, name="deals.csv"):
    path = folder / name
    path.write_text(rows_as_csv, encoding="utf-8")
    base = CustomerBase(None)
    base.add(read_file(path, workspace=folder))
    return base


@pytest.fixture(scope="module")
def doubles():
    return make_doubles(220, 60, seed=7, share=0.3)


def with_letters(base):
    """A base with two events and a consent of every identity, named as the sources name them."""
    base.connection.execute(
        """INSERT INTO events BY NAME SELECT entity_id || n AS event_id, entity_id AS customer_id, 'email_open' AS type,
        TIMESTAMPTZ '2026-01-05 10:00:00+00' AS "at" FROM entities, range(2) AS r(n)"""
    )
    base.connection.execute(
        "INSERT INTO consents BY NAME SELECT entity_id AS customer_id, 'email' AS channel, 'offers' AS purpose, 'given' AS state FROM entities"
    )
    base.rebuild()
    return base


@pytest.fixture(scope="module")
def base(doubles, tmp_path_factory):
    return with_letters(base_of(doubles.csv(), tmp_path_factory.mktemp("doubles")))


@pytest.fixture(scope="module")
def found(base):
    return base.likely_duplicates()


def owners(base, doubles):
    kept = dict(base.connection.execute("SELECT merged_id, kept_id FROM merges").fetchall())
    whose = {}
    for card, owner in doubles.owner.items():
        whose.setdefault(kept.get(card, card), set()).add(owner)
    return whose


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Иванова Мария Петровна", "мария петровна ИВАНОВА"),
        ("Семёнов Пётр", "Semenov Petr"),
        ("Щукин Юрий", "Yuriy Shchukin"),
        ("Серёжа Царёв", "Tsarev Sergey"),
        ("Чехов Антон Павлович", "Антон Павлович Чехов"),
    ],
)
def test_a_name_is_read_alike_in_any_order_and_script(one, other):
    assert read_person(one) == read_person(other)


def test_initials_and_ambiguous_short_names_are_not_guessed():
    assert (read_person("Петров И. А.").first, read_person("Петров И. А.").first_initial, read_person("Петров И. А.").middle_initial) == (
        None,
        "i",
        "a",
    )
    assert read_person("Саша Петров").firsts == ("aleksandr", "aleksandra")
    assert read_person("12345").surname is None
    assert read_person(None).firsts == ()


def test_legal_forms_and_word_order_of_companies_do_not_matter():
    assert read_company("ООО «Ромашка Плюс»") == read_company("Плюс-Ромашка, АО") == read_company("Romashka Plyus")
    assert read_city("г. Королёв") == read_city("КОРОЛЕВ") == "korolev"
    assert sound("Ивaнoв") == "ivanov"  # two Latin letters among Cyrillic ones


def test_merges_are_right_and_the_stated_error_holds(base, doubles, found):
    whose = owners(base, doubles)
    wrong = [joint for joint in found.joints if not whose[joint.kept] & whose[joint.merged]]
    assert len(found.joints) >= 10
    assert len(wrong) <= 1
    assert 0 <= found.expected_false < 1
    assert all(joint.because.probability >= found.threshold for joint in found.joints)
    assert all(pair.probability >= found.review_from for pair in found.review)


def test_the_answer_does_not_depend_on_the_order_of_rows(base, doubles, found, tmp_path):
    lines = doubles.csv().splitlines()
    rows = lines[1:]
    random.Random(3).shuffle(rows)
    shuffled = base_of("\n".join([lines[0], *rows]) + "\n", tmp_path)
    assert shuffled.likely_duplicates() == found


def test_nothing_of_the_comparison_is_left_in_the_engine(base, found):
    names = {row[0] for row in base.connection.execute("SELECT table_name FROM information_schema.tables").fetchall()}
    assert not [name for name in names if name.startswith(("__splink__", "match_"))]


def test_the_effect_is_told_before_and_comes_true(base, found, tables_of):
    before = tables_of(base)
    effect = merge_effect(base, found)
    assert tables_of(base) == before
    assert effect.customers_before - effect.customers_after == len(found.joints)
    assert sum(shift.money_before for shift in effect.segments) == sum(shift.money_after for shift in effect.segments) == effect.money
    assert effect.code_changed >= effect.segment_changed > 0
    tried = base.copy()
    assert tried.merge_duplicates(found) == len(found.joints)
    assert len(tried.table("customers")) == effect.customers_after
    assert tried.audit().accounting == base.audit().accounting


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_merging_and_undoing_in_any_order_gives_every_table_back(base, found, tables_of, data):
    tried = base.copy()
    before = tables_of(tried, ALL_BUT_DECISIONS)
    some = data.draw(st.lists(st.sampled_from(found.joints), min_size=1, max_size=3, unique_by=lambda joint: joint.merged))
    tried.merge_duplicates(replace(found, joints=tuple(some)))
    merged = [joint.merged for joint in some]
    assert tables_of(tried, ALL_BUT_DECISIONS) != before
    for card in data.draw(st.permutations(merged)):
        tried.unmerge(card)
    assert tables_of(tried, ALL_BUT_DECISIONS) == before
    for row in tried.table("matches").dicts():
        tried.forget_decision(row["left_id"], row["right_id"])
    assert tables_of(tried, (*ALL_BUT_DECISIONS, "matches")) == tables_of(base, (*ALL_BUT_DECISIONS, "matches"))


def test_events_and_consents_follow_a_merge(base, found):
    tried, joint = base.copy(), found.joints[0]
    count = "SELECT count(*) FROM {} WHERE customer_id = ?"
    own = {
        (table, name): tried.connection.execute(count.format(table), [name]).fetchone()[0]
        for table in ("events", "consents")
        for name in (joint.kept, joint.merged)
    }
    assert own["events", joint.merged] >= 2
    tried.merge_duplicates(replace(found, joints=(joint,)))
    for table in ("events", "consents"):
        assert tried.connection.execute(count.format(table), [joint.kept]).fetchone() == (
            own[table, joint.kept] + own[table, joint.merged],
        )
        assert tried.connection.execute(count.format(table), [joint.merged]).fetchone() == (0,)
    assert tried.connection.execute("SELECT count(*) FROM events ANTI JOIN customers USING (customer_id)").fetchone() == (0,)


def test_an_undone_merge_is_not_proposed_again(base, found):
    tried = base.copy()
    tried.merge_duplicates(found)
    undone = found.joints[0]
    tried.unmerge(undone.merged)
    again = tried.likely_duplicates()
    assert undone.merged not in {joint.merged for joint in again.joints}
    assert {undone.kept, undone.merged} not in [{pair.left, pair.right} for pair in again.review]


def test_decisions_of_a_person_are_kept_through_imports(base, found, tmp_path):
    tried = base.copy()
    pair, other = found.review[0], found.review[1]
    tried.confirm_duplicate(pair.left, pair.right)
    tried.reject_duplicate(other.left, other.right)
    path = tmp_path / "more.csv"
    path.write_text(
        "ID;Стадия сделки;Сумма;Дата создания;Контакт: ID;Контакт\n90001;Сделка успешна;10;2026-10-10;90001;Нова Анна\n", encoding="utf-8"
    )
    tried.add(read_file(path, workspace=tmp_path))
    assert {pair.left, pair.right} in [
        {row["kept_id"], row["merged_id"]} for row in tried.table("merges").dicts() if row["evidence"] == "confirmed"
    ]
    assert {other.left, other.right} not in [{item.left, item.right} for item in tried.likely_duplicates().review]
    tried.forget_decision(pair.left, pair.right)
    assert len(tried.table("customers")) == len(base.table("customers")) + 1


def test_decisions_hold_when_an_import_is_followed_row_by_row(base, found, tables_of, tmp_path):
    tried = base.copy()
    tried.row_by_row_from, tried.row_by_row = 0, 1.0
    pair, other = found.review[0], found.review[1]
    tried.confirm_duplicate(pair.left, pair.right)
    tried.reject_duplicate(other.left, other.right)
    kind, number = pair.left.split("-")
    headers = {"contact": "Контакт: ID;Контакт", "company": "Компания: ID;Компания"}[kind]
    path = tmp_path / "more.csv"
    path.write_text(
        f"ID;Стадия сделки;Сумма;Дата создания;{headers}\n90001;Сделка успешна;10;2026-10-10;{number};Иначе Написан\n", encoding="utf-8"
    )
    tried.add(read_file(path, workspace=tmp_path))
    followed = tables_of(tried, ALL_BUT_DECISIONS)
    assert {pair.left, pair.right} in [{row["kept_id"], row["merged_id"]} for row in tried.table("merges").dicts()]
    tried.rebuild()
    assert tables_of(tried, ALL_BUT_DECISIONS) == followed


def test_the_list_for_a_person_says_why_in_both_languages(base, found, tmp_path):
    rows = review_rows(base, found, Language("ru"))
    write_review(tmp_path / "review.csv", rows, Language("ru"))
    write_review(tmp_path / "review.json", rows, Language("ru"))
    read = json.loads((tmp_path / "review.json").read_text(encoding="utf-8"))
    assert [row["left_id"] for row in read] == [pair.left for pair in found.review]
    assert any(word in row.evidence for row in rows for word in ("фамилия", "название"))
    assert "surname" in " ".join(row.evidence for row in review_rows(base, found, Language("en")))
    assert (tmp_path / "review.csv").read_text(encoding="utf-8-sig").startswith("probability;left_id;")
    with pytest.raises(OptionError, match=r"neither \.csv nor \.json"):
        write_review(tmp_path / "review.txt", rows, Language("en"))


def person(number, name, **cells):
    named = {
        "phone": "Контакт: Рабочий телефон",
        "email": "Контакт: Рабочий e-mail",
        "born": "Контакт: Дата рождения",
        "city": "Контакт: Город",
    }
    row = dict.fromkeys(named.values(), "")
    deal = {"ID": str(number), "Стадия сделки": "Сделка успешна", "Сумма": "100", "Дата создания": "2026-01-05"}
    return {**deal, "Контакт: ID": str(number), "Контакт": name, **row, **{named[key]: value for key, value in cells.items()}}


def company(number, name, inn="", kpp="", email=""):
    deal = {"ID": str(number), "Стадия сделки": "Сделка успешна", "Сумма": "100", "Дата создания": "2026-01-05"}
    requisites = {"Реквизит (Россия): ИНН": inn, "Реквизит (Россия): КПП": kpp}
    return {**deal, "Компания: ID": str(number), "Компания": name, "Компания: Рабочий e-mail": email, **requisites}


def test_a_person_cannot_confirm_what_contradicts(make_base, tables_of):
    base = make_base(
        [company(1, "ООО «Лума»", "7707083893"), company(2, "Лума", "500100732259"), company(3, "Вирта", "7710140679", "771001001"),
         company(4, "Вирта", "7710140679", "771043002")]
    )  # fmt: skip
    before = tables_of(base)
    for left, right in (("company-1", "company-2"), ("company-3", "company-4")):
        with pytest.raises(OptionError, match="cannot be one customer"):
            base.confirm_duplicate(left, right)
    with pytest.raises(OptionError, match="no customer 'company-9'"):
        base.reject_duplicate("company-1", "company-9")
    with pytest.raises(OptionError, match="given twice"):
        base.confirm_duplicate("company-1", "company-1")
    with pytest.raises(OptionError, match="Nothing was decided"):
        base.forget_decision("company-1", "company-2")
    assert tables_of(base) == before
    assert base.likely_duplicates().joints == ()


def test_a_rejected_pair_stays_apart_even_when_a_key_joins_it_later(make_base, stage):
    base = make_base([person(1, "Тестова Анна", phone="+7 999 000-00-01"), person(2, "Тестова Анна", phone="+7 999 000-00-02")])
    base.reject_duplicate("contact-2", "contact-1")
    base.add(stage([{**person(3, "Тестова Анна", phone="+7 999 000-00-01"), "Контакт: ID": "2"}]))
    assert len(base.table("customers")) == 2


def test_different_birth_dates_are_never_merged(make_base):
    same = {"phone": "+7 999 000-00-01", "city": "Москва"}
    rows = [person(1, "Тестова Анна Петровна", born="01.02.1980", **same), person(2, "Testova Anna Petrovna", born="02.02.1980", **same)]
    base = make_base(
        [*rows, *(person(place, f"Образцов {name}", phone=f"+7 999 000-01-{place:02d}") for place, name in enumerate(("Иван", "Пётр"), 10))]
    )
    found = base.likely_duplicates(LikelyMatcher(threshold=0.5, review_from=0))
    assert all({"contact-1", "contact-2"} != {pair.left, pair.right} for pair in found.review)
    assert found.joints == ()


def test_the_domain_of_a_group_is_no_evidence_between_its_companies(make_base):
    group_of = {1: "ООО «Лума»", 2: "Лума Торг", 3: "АО «Лума»"}
    found = make_base([company(number, name, email=f"box{number}@luma-group.example.net") for number, name in group_of.items()])
    pairs = {
        (pair.left, pair.right): pair.evidence for pair in found.likely_duplicates(LikelyMatcher(threshold=0.999, review_from=0)).review
    }
    assert pairs["company-1", "company-3"]["email"] == "domain"
    assert "email" not in pairs["company-1", "company-2"]


def test_no_customers_one_customer_no_names_and_all_alike(make_base):
    assert CustomerBase(None).likely_duplicates().customers == 0
    assert make_base([person(1, "Анна")]).likely_duplicates().joints == ()
    nameless = make_base([{**person(place, ""), "Контакт: Рабочий телефон": f"+7 999 000-00-{place:02d}"} for place in range(1, 9)])
    assert nameless.likely_duplicates().joints == ()
    alike = make_base([person(place, "Тестова Анна", city="Москва") for place in range(1, 121)]).likely_duplicates()
    assert (alike.joints, alike.review, alike.compared) == ((), (), 0)
    assert alike.too_common > 0


def test_hostile_cells_stay_cells(make_base, tables_of):
    rows = [
        person(1, "'; DROP TABLE customers; --"),
        person(2, "'; DROP TABLE customers; -- "),
        person(3, "={1+1}|\\" + "я" * 5000),
        person(4, "😀 \u202e Иван"),
    ]
    base = make_base(rows)
    before = tables_of(base)
    base.likely_duplicates(LikelyMatcher(threshold=0.5, review_from=0))
    assert tables_of(base) == before
    base.confirm_duplicate("contact-1", "contact-2")
    base.unmerge("contact-2")
    assert tables_of(base) == before


def links(*pairs):
    return [Link(left, right, probability) for left, right, probability in pairs]


def test_a_chain_joins_no_two_that_contradict():
    marks = {"a": Marks(births=frozenset({"1980"})), "c": Marks(births=frozenset({"1990"}))}
    made = group(links(("a", "b", 0.999), ("b", "c", 0.99)), threshold=0.98, marks=marks, apart={}, largest=8)
    assert made.groups == ()
    assert set(made.held.values()) == {"ambiguous"}


def test_a_long_chain_and_a_large_group_are_held():
    chain = links(("a", "b", 0.999), ("b", "c", 0.998), ("c", "d", 0.997))
    made = group(chain, threshold=0.98, marks={}, apart={}, largest=8)
    assert made.groups == (("a", "b", "c"),)
    assert made.held == {("c", "d"): "chain"}
    full = [Link(one, other, 0.99) for one in "abcdef" for other in "abcdef" if one < other]
    assert max(map(len, group(full, threshold=0.98, marks={}, apart={}, largest=4).groups)) <= 4
    assert group(full, threshold=0.98, marks={}, apart={"a": frozenset("b"), "b": frozenset("a")}, largest=8).held


def test_thresholds_out_of_bounds_are_refused():
    for wrong in ({"threshold": 0.2}, {"threshold": 1.1}, {"review_from": 0.99, "threshold": 0.9}, {"largest": 1}):
        with pytest.raises(OptionError):
            LikelyMatcher(**wrong)


def test_without_the_extra_the_install_line_is_told(monkeypatch, make_base):
    monkeypatch.setitem(__import__("sys").modules, "splink.backends.duckdb", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'kogorta\[match\]'"):
        make_base([person(1, "Анна"), person(2, "Анна")]).likely_duplicates()
    assert splink_model.SEED == 20_261_127
