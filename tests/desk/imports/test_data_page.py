import pytest
from import_texts import DEALS


def test_an_empty_base_says_what_to_begin_with(client_of):
    page = client_of("analyst").get("/data/").content.decode()
    assert "База пока пуста" in page
    assert 'href="/imports/"' not in page


@pytest.mark.parametrize("role", ["marketer", "analyst"])
def test_the_page_of_data_counts_problems_and_coverage_without_personal_data(load, client_of, role):
    load(DEALS)
    answer = client_of(role).get("/data/")
    facts, page = answer.context["facts"], answer.content.decode()
    assert facts.customers == 2
    assert str(facts.last_day) == "2026-03-02"
    assert {item.name: (item.filled, item.of) for item in facts.coverage} == {
        "INN of companies": (0, 2),
        "E-mail": (1, 2),
        "Phone": (1, 2),
        "Industry": (0, 2),
        "Region": (0, 2),
    }
    assert {code: rows for code, _, rows in facts.problems} == {
        "amount_malformed": 1,
        "amount_missing": 1,
        "duplicate_row": 1,
        "stage_unknown": 1,
    }
    assert "deals.csv" in page
    assert "anna@example.ru" not in page
    assert "999 000" not in page
    assert ('href="/imports/' in page) is (role == "marketer")
