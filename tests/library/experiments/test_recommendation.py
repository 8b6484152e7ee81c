import pytest

from kogorta.experiments.recommendation import recommend
from kogorta.kit.errors import OptionError
from kogorta.kit.language import Language


def test_the_first_wave_of_87_companies_is_a_pilot_and_needs_three_waves():
    plan = recommend(87, 0.10, 0.25)
    assert (plan.code, plan.treated, plan.control, plan.waves) == ("pilot", 44, 43, 3)
    assert plan.power < 0.45
    assert (round(plan.response.low, 3), round(plan.response.high, 3)) == (0.173, 0.353)


@pytest.mark.parametrize(
    ("customers", "options", "code"),
    [
        (3000, {}, "ab_test"),
        (87, {"rest": 500}, "pilot"),
        (87, {"rest": 0, "waves_planned": 4}, "holdout"),
        (87, {"rest": 0}, "do_not_test"),
        (20, {}, "do_not_test"),
    ],
)
def test_each_kind_of_answer_has_its_place(customers, options, code):
    assert recommend(customers, 0.10, 0.25, **options).code == code


def test_a_long_list_is_told_the_smallest_control_group_that_is_enough():
    assert recommend(3000, 0.10, 0.25).smallest_holdout == 0.05
    assert recommend(87, 0.10, 0.25).smallest_holdout is None


def test_words_in_both_languages_hold_the_figures():
    plan = recommend(87, 0.10, 0.25)
    assert "Pilot, not an A/B test" in plan.words(Language("en"))
    russian = plan.words(Language("ru"))
    assert "пилот" in russian
    assert "от 17,3\xa0% до 35,3\xa0%" in russian
    assert "3 волны" in russian


def test_a_recommendation_leaves_as_plain_values():
    found = recommend(87, 0.10, 0.25).to_dict()
    assert found["response"] == pytest.approx([0.17333, 0.35332], abs=1e-5)
    assert found["customers"] == 87


def test_a_fall_is_told_as_a_fall():
    plan = recommend(500, 0.20, 0.10)
    assert plan.detectable < 0.20
    assert "изменение с 20,0\xa0%" in plan.words(Language("ru"))


def test_tiny_rates_keep_their_digits():
    assert "0,0100\xa0%" in recommend(1000, 0.0001, 0.0002).words(Language("ru"))


def test_one_customer_is_refused():
    with pytest.raises(OptionError, match="at least 2"):
        recommend(1, 0.1, 0.2)
