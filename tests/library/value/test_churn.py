from datetime import date, timedelta

import numpy as np
import pytest
from scipy.stats import binom

from kogorta.kit.errors import InputError, OptionError
from kogorta.kit.language import Language
from kogorta.value.churn import ChurnDetector, EmailRecord, SupportRecord
from kogorta.value.day_ledger import DayLedger
from kogorta.value.frequency_fall import discoveries, frequency_fall
from kogorta.value.rhythm import rhythm

ENGLISH, RUSSIAN = Language("en"), Language("ru")
AS_OF = date(1970, 1, 1) + timedelta(days=500)


def base(**days):
    customers = [name for name, moments in days.items() for _ in moments]
    return DayLedger.from_orders(customers, [day for moments in days.values() for day in moments], [1000] * len(customers))


STEADY = list(range(0, 500, 10))
STOPPED = list(range(0, 400, 10))
RARER = [*range(0, 410, 10), 440, 495]


@pytest.fixture(scope="module")
def ledger():
    return base(steady=STEADY, stopped=STOPPED, rarer=RARER, once=[20])


def test_those_who_stopped_or_order_rarer_are_found_and_the_steady_are_not(ledger):
    found = ChurnDetector().detect(ledger, AS_OF)
    assert [signal.customer_id for signal in found] == ["stopped", "rarer"]
    assert [signal.rank for signal in found] == [1, 2]


def test_the_ratio_is_of_the_customers_own_rates(ledger):
    stopped, rarer = ChurnDetector().detect(ledger, AS_OF)
    # stopped: 39 repeat orders in 410 days, none in 90; rarer: 40 repeat orders in 410 days, 2 in 90
    assert (stopped.frequency_ratio, stopped.ratio_low) == (0.0, 0.0)
    assert stopped.p_value == pytest.approx((410 / 500) ** 39)
    assert rarer.frequency_ratio == pytest.approx(2 / 90 / (40 / 410))
    assert rarer.p_value == pytest.approx(binom.cdf(2, 42, 90 / 500))
    assert rarer.ratio_low < rarer.frequency_ratio < rarer.ratio_high < 1


def test_reasons_are_in_words(ledger):
    stopped, rarer = ChurnDetector().detect(ledger, AS_OF)
    assert stopped.text(ENGLISH).startswith("No orders in the last 90 days, where about 8.56 were to be expected.")
    assert "Usually orders every 10 days, silent for 110 days" in stopped.text(ENGLISH)
    assert "За 90 дней ни одного заказа" in stopped.text(RUSSIAN)
    assert rarer.text(ENGLISH).startswith("Orders at 23% of the earlier pace over the last 90 days")


def test_what_is_at_stake_is_the_part_of_the_yearly_sum_that_is_missed(ledger):
    stopped, _ = ChurnDetector().detect(ledger, AS_OF)
    assert stopped.at_stake == round(40 * 1000 / 410 * 365)


def test_complaints_and_unopened_letters_are_signs_of_their_own(ledger):
    support = SupportRecord(["steady", "stranger"], [2, 9], [0, 0])
    email = EmailRecord(["once"], [20], [0], [40], [30])
    found = {signal.customer_id: signal for signal in ChurnDetector(gone_days=1000).detect(ledger, AS_OF, complaints=support, email=email)}
    assert found["steady"].text(ENGLISH) == "Complaints to support in the last 90 days: 2."
    assert found["once"].text(ENGLISH) == "Answers letters less: 0.0% of them now, 75% before."
    assert found["once"].frequency_ratio is None
    assert "stranger" not in found


def test_as_many_complaints_as_ever_are_no_news(ledger):
    found = ChurnDetector().detect(ledger, AS_OF, complaints=SupportRecord(["steady"], [2], [2]))
    assert "steady" not in {signal.customer_id for signal in found}


def test_those_long_gone_are_not_called_leaving(ledger):
    assert "stopped" not in {s.customer_id for s in ChurnDetector(gone_days=100).detect(ledger, AS_OF)}


def test_chance_alone_raises_few_alarms():
    rng = np.random.default_rng(11)
    customers, days = [], []
    for customer in range(400):
        moments = np.flatnonzero(rng.random(500) < 0.04)
        customers += [customer] * moments.size
        days += moments.tolist()
    fall = frequency_fall(DayLedger.from_orders(customers, days), AS_OF, 90, 0.9)
    assert discoveries(fall.p_value, 0.1).sum() <= 4
    assert np.mean(fall.p_value[np.isfinite(fall.p_value)] < 0.05) < 0.06
    held = (fall.low <= 1) & (fall.high >= 1)
    assert held.mean() >= 0.9


def test_the_next_order_is_due_after_the_usual_interval(ledger):
    beats = rhythm(ledger, AS_OF)
    row = beats.customer_ids.tolist().index("steady")
    assert (beats.due_day[row], beats.silent_days[row]) == (500, 10)
    assert beats.due_low[row] <= 500 <= beats.due_high[row]


def test_regularity_is_measured():
    rng = np.random.default_rng(3)
    for shape in (1.0, 4.0):
        days = [np.unique(np.cumsum(rng.gamma(shape, 400 / shape, 30)).astype(int)) for _ in range(200)]
        customers = np.repeat(np.arange(200), [moments.size for moments in days])
        ledger = DayLedger.from_orders(customers, np.concatenate(days))
        assert rhythm(ledger, date(2040, 1, 1)).shape_ == pytest.approx(shape, rel=0.1)


def test_ties_are_ranked_by_customer():
    found = ChurnDetector().detect(base(b=STOPPED, a=STOPPED, c=STEADY), AS_OF)
    assert [signal.customer_id for signal in found] == ["a", "b"]


def test_input_that_cannot_be_is_refused(ledger):
    with pytest.raises(InputError, match="nobody bought twice"):
        ChurnDetector().detect(base(a=[1], b=[2]), AS_OF)
    with pytest.raises(InputError, match="more letters were answered than sent"):
        ChurnDetector().detect(ledger, AS_OF, email=EmailRecord(["once"], [1], [2], [1], [1]))
    with pytest.raises(InputError, match="1 customers and 2 counts"):
        ChurnDetector().detect(ledger, AS_OF, complaints=SupportRecord(["once"], [1, 2], [0]))
    with pytest.raises(OptionError, match="recent_days is 0"):
        ChurnDetector(recent_days=0)
