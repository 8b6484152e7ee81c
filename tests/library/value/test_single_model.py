import json
from datetime import date

import numpy as np
import pytest

from kogorta.kit.errors import InputError, OptionError
from kogorta.value.day_ledger import DayLedger
from kogorta.value.single_model import SINGLE_MODELS, SingleModel, tenures_of

AS_OF = date(1998, 6, 30)


@pytest.mark.parametrize("code", SINGLE_MODELS)
def test_json_holds_the_agreed_fields(ledger, code):
    document = json.loads(SingleModel(code, period_days=60).fit(ledger, AS_OF).to_json())
    agreed = {"model", "unit", "customers", "repeaters", "params", "standard_errors", "log_likelihood", "holdout", "gate"}
    assert agreed <= set(document)
    assert set(document["holdout"]) == {"predicted", "actual", "mae", "mae_naive"}
    assert (document["model"], document["customers"], document["repeaters"]) == (code, 2357, 1139)
    better = document["holdout"]["mae"] < document["holdout"]["mae_naive"]
    assert document["gate"]["shown"] == ("model" if better else "naive")


def test_opportunities_foretold_are_those_of_the_holdout(ledger):
    found = SingleModel("bg-bb", period_days=39, calibration_end=date(1997, 9, 30)).fit(ledger, AS_OF).holdout
    assert found.predicted == pytest.approx(found.actual, rel=0.2)
    assert found.mae < found.mae_naive


def test_silence_of_two_periods_ends_a_tenure():
    ledger = DayLedger.from_orders(["a", "a", "b", "c"], [0, 95, 0, 99])
    found = tenures_of(ledger, date(1970, 4, 11), 30).tenures  # day 100
    assert found.ended.tolist() == [False, True, False]
    assert found.periods.tolist() == [3, 1, 1]


def test_a_short_history_is_said():
    ledger = DayLedger.from_orders(np.repeat(np.arange(20), 2), np.tile([0, 20], 20) + np.repeat(np.arange(20), 2))
    found = SingleModel("bg-bb", period_days=9).fit(ledger, date(1970, 2, 15))
    assert found.holdout is None
    assert found.shown == "naive"
    assert "too short" in found.remarks[0].template


def test_what_cannot_be_is_refused(ledger):
    with pytest.raises(OptionError, match="model is 'bg-nbd'"):
        SingleModel("bg-nbd")
    with pytest.raises(InputError, match="nobody bought"):
        SingleModel("sbg").fit(ledger, date(1990, 1, 1))
