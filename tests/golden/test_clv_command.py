"""Published figures of CDNOW (Fader and Hardie) through the command line, from the raw transactions file."""

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from kogorta.cli.clv import clv

RAW = Path(__file__).parents[2] / ".." / "shared" / "data" / "CDNOW_sample.txt.gz"


@pytest.fixture(scope="module")
def transactions(tmp_path_factory):
    target = tmp_path_factory.mktemp("cdnow") / "cdnow.csv"
    with gzip.open(RAW, "rt") as source, target.open("w") as out:
        out.write("customer_id,date,amount\n")
        for line in source:
            _, customer, day, _, amount = line.split()
            out.write(f"{customer},{day[:4]}-{day[4:6]}-{day[6:]},{amount}\n")
    return target


def fitted(transactions, model, *options):
    result = CliRunner().invoke(
        clv,
        [str(transactions), "--model", model, "--calibration-end", "1997-09-30", "--as-of", "1998-06-30", "--json", "--quiet", *options],
        catch_exceptions=False,
    )
    return json.loads(result.stdout)


def test_bg_nbd_gives_the_published_parameters_and_holdout(transactions):
    found = fitted(transactions, "bg-nbd")
    assert (found["customers"], found["repeaters"], found["unit"]) == (2357, 946, "week")
    assert found["params"] == pytest.approx({"r": 0.2425945, "alpha": 4.4136020, "a": 0.7929220, "b": 2.4259068}, rel=2e-4)
    assert found["log_likelihood"] == pytest.approx(-9582.4292, abs=1e-3)
    assert found["holdout"]["predicted"] == pytest.approx(1653.409, abs=1e-2)
    assert found["holdout"]["actual"] == 1882
    assert found["holdout"]["mae"] == pytest.approx(0.78545, abs=1e-5)
    assert found["holdout"]["mae_naive"] == pytest.approx(1.02367, abs=1e-5)


@pytest.mark.parametrize(("model", "likelihood"), [("mbg-nbd", -9582.1357), ("pareto-nbd", -9594.97618), ("gamma-gamma", -4055.9177)])
def test_other_models_reach_the_published_likelihood(transactions, model, likelihood):
    assert fitted(transactions, model)["log_likelihood"] == pytest.approx(likelihood, abs=1e-3)


def test_days_and_weeks_give_the_same_shape_and_a_scaled_alpha(transactions):
    weeks, days = fitted(transactions, "bg-nbd")["params"], fitted(transactions, "bg-nbd", "--unit", "day")["params"]
    assert days["alpha"] == pytest.approx(7 * weeks["alpha"], rel=1e-4)
    assert days["r"] == pytest.approx(weeks["r"], rel=1e-4)


def test_mapped_headers_work_as_the_plain_ones(transactions, tmp_path):
    renamed = tmp_path / "renamed.csv"
    renamed.write_text(transactions.read_text().replace("customer_id,date,amount", "who,when,how_much", 1))
    options = ("--map", "who=customer_id", "--map", "when=created_at", "--map", "how_much=amount")
    assert fitted(renamed, "bg-nbd", *options)["params"] == fitted(transactions, "bg-nbd")["params"]
