from dataclasses import replace

import pytest
from example import analysis

from kogorta.kit.language import Language
from kogorta.reports.advice import CELL_ADVICE, SEGMENT_ADVICE, cell_advice, segment_advice
from kogorta.reports.findings import find
from kogorta.segments.moves import Cohort, CohortTable, Migration
from kogorta.segments.naming import SCHEMES

RU, EN = Language("ru"), Language("en")


def by_code(made, language=RU):
    return {item.code: item for item in find(made, language)}


def test_the_case_is_told_as_its_authors_told_it():
    found = by_code(analysis())
    assert found["base_makeup"].headline == "«Требует внимания» и «Новый» — 57,4\u00a0% базы"
    assert found["base_makeup"].body.endswith("Самый маленький сегмент — «ВИП»: 16 клиентов (3,2\u00a0%).")
    assert found["revenue_carrier"].headline == "«Требует внимания» приносит 43,2\u00a0млн\u00a0₽ — больше половины выручки"
    assert found["largest_category"].headline == "Самая большая RFM-категория — «Только что-1-Редко»: 138 клиентов"


def test_the_same_in_english():
    found = by_code(analysis(), EN)
    assert found["base_makeup"].headline == "“Needs attention” and “New” make up 57.4% of the base"
    assert found["largest_category"].headline == "The largest RFM category is “Just now-1-Rarely”: 138 customers"


def test_one_customer_is_called_one_customer_and_nothing_is_compared():
    found = by_code(analysis(1, industries=False, migration=False))
    assert found["small_base"].headline == "База маленькая: 1 покупатель"
    assert found["base_makeup"].headline == "Все покупатели в одном сегменте: «Новый»"
    assert found["priority"].headline == "Приоритетный сегмент не выбран"
    assert not {"industry_pattern", "cohort_trend", "migration_losses", "forecast", "experiment", "sensitivity"} & set(found)


def test_an_empty_base_says_that_nobody_has_bought():
    assert set(by_code(analysis(0))) == {"data_quality", "small_base", "priority"}


@pytest.mark.parametrize(
    ("count", "words"), [(1, "1 клиент"), (2, "2 клиента"), (5, "5 клиентов"), (11, "11 клиентов"), (21, "21 клиент"), (104, "104 клиента")]
)
def test_counts_agree_with_their_nouns(count, words):
    made = analysis()
    categories = tuple(replace(item, customers=count if n == 0 else 0) for n, item in enumerate(made.categories))
    assert by_code(replace(made, categories=categories))["largest_category"].headline.endswith(f": {words}")


def test_a_difference_within_chance_is_not_called_a_trend():
    found = by_code(analysis())
    assert "Разница в пределах случайности." in found["cohort_trend"].body
    assert found["cohort_trend"].tone == "fact"


def test_a_real_fall_of_retention_is_a_weak_spot():
    falling = CohortTable("month", tuple(Cohort(_month(n), 200, (200, 80 if n < 3 else 30, 10)) for n in range(6)), last_is_complete=True)
    found = by_code(replace(analysis(), cohorts=falling))["cohort_trend"]
    assert found.headline == "Новые клиенты возвращаются реже: 15,0\u00a0% после 40,0\u00a0%"
    assert found.tone == "risk"


def test_the_unfinished_period_does_not_count_against_a_cohort():
    table = CohortTable("month", (Cohort(_month(0), 100, (100, 50, 1)), Cohort(_month(1), 100, (100, 1))), last_is_complete=False)
    assert dict(by_code(replace(analysis(), cohorts=table))["cohort_trend"].figures)["rate"] == 0.5


def test_industries_are_compared_with_their_interval():
    body = by_code(analysis())["industry_pattern"].body
    assert "разница может быть случайной" in body


def test_those_who_had_not_bought_are_not_losses():
    made = analysis()
    kept = tuple(flow for flow in made.migration.flows if flow.source == "none")
    found = by_code(replace(made, migration=Migration(made.migration.from_on, made.migration.to_on, kept)))
    assert dict(found["migration_losses"].figures) == {"lost": 0, "won_back": 0}


def test_a_pilot_is_called_a_pilot():
    assert by_code(analysis())["experiment"].headline == "Это пилот, а не A/B-тест"


def test_the_forecast_is_labelled_a_model_and_given_as_a_range():
    headline = by_code(analysis())["forecast"].headline
    assert headline.startswith("Модель:")
    assert "–" in headline


def test_the_base_case_does_not_count_as_a_test_of_itself():
    assert dict(by_code(analysis())["sensitivity"].figures) == {"kept": 3, "cases": 4}


def test_nothing_is_claimed_about_revenue_that_is_not_there():
    made = analysis()
    segments = tuple(replace(item, revenue=-100, revenue_share=0.0) for item in made.segments)
    found = by_code(replace(made, segments=segments))
    assert "revenue_carrier" not in found
    assert "concentration" not in found


@pytest.mark.parametrize("language", [RU, EN])
def test_every_segment_of_both_schemes_and_every_cell_has_advice(language):
    slugs = {(scheme, item.slug) for scheme in ("case", "guide") for item in SCHEMES[scheme].segments}
    assert set(SEGMENT_ADVICE) == slugs
    for scheme, slug in slugs:
        advice = segment_advice(language, scheme, slug)
        assert len(advice.steps) == 3
        assert advice.goal
        assert advice.avoid
    assert set(CELL_ADVICE) == {abc + xyz for abc in "ABC" for xyz in "XYZ"}
    assert cell_advice(language, "A", "early") is None


def test_the_advice_of_the_sources_is_there():
    assert "SLA" in segment_advice(RU, "case", "vip").steps[0]
    assert "приветственную серию" in segment_advice(RU, "case", "new").steps[0]
    assert "новинками" in segment_advice(RU, "case", "sleeping").steps[0]
    assert "Самообслуживание" in cell_advice(RU, "C", "Z")
    assert "автоматическое пополнение" in cell_advice(RU, "A", "X")


def _month(number):
    from datetime import date

    return date(2026, number + 1, 1)
