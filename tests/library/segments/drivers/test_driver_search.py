import json
from datetime import date

import numpy as np
import pytest
from hidden.shop import AS_OF, alike, draw, put

from kogorta.base.customer_base import CustomerBase
from kogorta.kit.errors import InputError, OptionError
from kogorta.kit.language import Language
from kogorta.segments.drivers.factors import FACTORS, Factor, Level
from kogorta.segments.drivers.facts import Column, Facts, GivenFactor
from kogorta.segments.drivers.search import Drivers

RU = Language("ru")


def column(name, codes, timing="before"):
    return Column(
        Factor(name, name, timing, own=True), tuple(Level(f"L{place}") for place in range(int(max(codes)) + 1)), np.asarray(codes)
    )


def facts(target, columns, outcome="repeat"):
    return Facts(outcome, date(2026, 11, 22), 90, "RUB", np.asarray(target, dtype=float), tuple(columns), date(2020, 1, 1))


def drawn(seed, customers=1000, strength=0.0, factors=10):
    """Ten factors; the first moves the outcome."""
    random = np.random.default_rng(seed)
    columns = [column(f"f{number}", random.integers(0, 2 + number % 5, customers)) for number in range(factors)]
    chance = 1 / (1 + np.exp(0.7 - strength * (columns[0].codes == 0)))
    checks = 12 + strength * (columns[0].codes == 0) + random.normal(0, 0.8, customers)
    return [facts(random.random(customers) < chance, columns), facts(checks, columns, "average_check")]


def test_without_effects_findings_are_as_rare_as_promised():
    reports = [Drivers().weigh(drawn(seed)) for seed in range(60)]
    false = sum(any(outcome.findings for outcome in report.outcomes) for report in reports)
    assert false <= 3
    assert reports[0].outcomes[0].nothing == "none"


def test_a_planted_effect_is_found_and_nothing_else():
    shares = []
    for seed in range(150):
        names = [found.factor.name for one in Drivers().weigh(drawn(seed, 500, 1.5, 6)).outcomes for found in one.findings]
        assert names.count("f0") == 2
        shares.append(sum(name != "f0" for name in names) / len(names))
    assert np.mean(shares) <= 0.05


def test_a_finding_reads_as_a_sentence():
    industry = Column(FACTORS["industry"], (Level("construction"), Level("retail")), np.repeat([0, 1], [400, 600]))
    target = np.concatenate([np.repeat([1, 0], [184, 216]), np.repeat([1, 0], [186, 414])])
    found = Drivers().weigh([facts(target, [industry])]).of("repeat")
    assert found.told(RU)[0] == (
        "Отрасль, «Строительство»: возвращаются чаще, 46\u00a0% против 31\u00a0% у остальных; разница от 8 до 22 п. п."
    )
    assert found.told(Language("en"))[0].startswith(
        "Industry, “Construction”: they come back more often, 46% against 31%; the difference is"
    )


def test_two_levels_make_one_comparison():
    report = Drivers().weigh([facts(np.arange(200) % 3 == 0, [column("two", np.arange(200) % 2), column("three", np.arange(200) % 3)])])
    assert [one.factor.name for one in report.outcomes[0].associations].count("two") == 1


def test_levels_below_the_least_size_are_not_compared():
    codes = np.repeat([0, 1, 2], [150, 29, 121])
    report = Drivers().weigh([facts(np.arange(300) % 2, [column("f", codes)])])
    assert {one.level.key for one in report.outcomes[0].associations} == {"L0", "L2"}


def test_intervals_of_findings_are_widened_for_the_number_of_comparisons():
    report = Drivers().weigh(drawn(1, strength=1.0))
    found = report.outcomes[0].findings[0]
    plain = found.effect.interval(0.05)
    assert found.bounds.low < plain.low < plain.high < found.bounds.high
    assert found.bounds.low > 0 or found.bounds.high < 0


def test_a_consequence_is_never_a_finding_and_is_told():
    target = np.arange(300) % 2
    report = Drivers().weigh([facts(target, [column("Всего заказов", target, "inside"), column("другое", np.arange(300) % 3)])])
    one = report.outcomes[0]
    assert one.findings == ()
    assert [item.factor.name for item in one.consequences] == ["Всего заказов"]
    assert "следствие, а не причина" in one.told(RU)[-1]


def test_a_copy_of_the_outcome_is_warned_of():
    target = np.arange(300) % 2
    found = Drivers().weigh([facts(target, [column("копия", target)])]).outcomes[0].findings[0]
    assert [warning.code for warning in found.warnings] == ["near"]


def test_a_field_filled_in_after_the_outcome_is_warned_of():
    random = np.random.default_rng(0)
    target = random.random(800) < 0.4
    role = np.where(random.random(800) < np.where(target, 0.9, 0.3), random.integers(0, 2, 800), -1)
    strength = Drivers().weigh([facts(target, [Column(FACTORS["role"], (Level("a"), Level("b")), role)])]).outcomes[0].factors[0]
    assert [warning.code for warning in strength.warnings] == ["current", "filled"]
    assert strength.warnings[1].own > 0.8 > 0.4 > strength.warnings[1].others


def test_factors_that_go_together_are_told_to_be_twins():
    random = np.random.default_rng(0)
    one = random.integers(0, 3, 900)
    other = np.where(random.random(900) < 0.95, one, random.integers(0, 3, 900))
    target = random.random(900) < np.where(one == 0, 0.7, 0.3)
    report = Drivers().weigh([facts(target, [column("a", one), column("b", other)])])
    assert {warning.code for found in report.outcomes[0].findings for warning in found.warnings} == {"twin"}


@pytest.mark.parametrize(
    ("target", "outcome", "nothing"),
    [(np.ones(300), "repeat", "flat"), (np.arange(20) % 2, "repeat", "few"), (np.zeros(0), "response", "no_events")],
)
def test_what_cannot_be_compared_says_why(target, outcome, nothing):
    factor = Column(FACTORS["kind"], (Level("person"), Level("company")), np.arange(len(target)) % 2)
    one = Drivers().weigh([facts(target, [factor], outcome)]).outcomes[0]
    assert one.nothing == nothing
    assert len(one.told(RU)) == 1


@pytest.fixture(scope="module")
def orders():
    """Who begins with a discount comes back less."""
    made = []
    random = np.random.default_rng(5)
    for number in range(600):
        cheap, first = random.random() < 0.4, int(random.integers(150, 700))
        made.append({"customer": f"c{number:04d}", "ago": first, "roubles": float(random.integers(500, 5000)), "discount": 50 * cheap})
        if random.random() < (0.2 if cheap else 0.5):
            made.append({"customer": f"c{number:04d}", "ago": first - int(random.integers(1, 60)), "roubles": 900.0})
    return made


def test_a_base_gives_the_planted_driver(orders):
    report = Drivers().measure(put(orders), AS_OF)
    found = report.of("repeat").findings
    assert [one.factor.name for one in found] == ["first_discount"]
    assert "Скидка на первый заказ" in report.told(RU)[1]
    assert report.of("response").nothing == "no_events"
    assert [item.factor.name for item in report.of("repeat").consequences] == ["all_orders"]


def test_the_order_of_rows_changes_nothing(orders):
    assert Drivers().measure(put(orders), AS_OF).to_json() == Drivers().measure(put(orders, shuffle=9), AS_OF).to_json()


def test_alike_customers_have_no_drivers_of_coming_back():
    drivers = Drivers(outcomes=("repeat",))
    found = [drivers.measure(put(draw(seed, 300, alike)[0]), AS_OF).of("repeat").findings for seed in range(4)]
    assert found == [()] * 4


def test_a_factor_of_the_users_own_is_weighed_and_told_in_his_words(orders):
    ids = sorted({order["customer"] for order in orders})
    back = {customer for customer in ids if sum(order["customer"] == customer for order in orders) > 1}
    given = GivenFactor("Любимый цвет", {one: "красный" if (one in back) != (place % 4 == 0) else "синий" for place, one in enumerate(ids)})
    one = Drivers(outcomes=("repeat",), given=(given,)).measure(put(orders), AS_OF).of("repeat")
    assert any(text.startswith("Любимый цвет, «красный»: возвращаются чаще") and "на сегодня" in text for text in one.told(RU))


def test_the_report_leaves_as_json(orders):
    whole = json.loads(Drivers(outcomes=("repeat", "churn")).measure(put(orders), AS_OF).to_json())
    assert [one["outcome"] for one in whole] == ["repeat", "churn"]
    assert all(0 <= item["q"] <= 1 for one in whole for item in one["associations"])


def test_an_empty_base_is_refused_in_a_sentence():
    with pytest.raises(InputError, match="no purchases"):
        Drivers().measure(CustomerBase(None))


@pytest.mark.parametrize(
    "options", [{"window": 0}, {"fewest": 3}, {"level": 0}, {"outcomes": ()}, {"outcomes": ("repeat", "repeat")}, {"outcomes": ("love",)}]
)
def test_options_out_of_bounds_are_refused(options):
    with pytest.raises(OptionError):
        Drivers(**options)


def test_an_outcome_that_was_not_asked_for_is_refused():
    with pytest.raises(OptionError, match="churn"):
        Drivers().weigh([facts(np.arange(100) % 2, [])]).of("churn")


def test_hostile_values_are_shown_on_one_short_line():
    names = ("{label}", "a\nb\x00", "я" * 500, "'; DROP TABLE customers; --")
    codes = np.arange(800) % 4
    target = np.where(codes == 0, np.arange(800) % 16 < 8, np.arange(800) % 8 == 1)
    factor = Column(Factor("attribute:x", "{own}" * 40, "current", own=True), tuple(Level(name) for name in names), codes)
    told = Drivers().weigh([facts(target, [factor])]).told(RU)
    assert all("\n" not in text and "\x00" not in text and len(text) < 500 for text in told)
    assert any("«{label}»" in text for text in told)
