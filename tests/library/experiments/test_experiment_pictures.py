import sys

import numpy as np
import pytest

from kogorta.experiments.analysis import Analysis
from kogorta.experiments.contrasts import RateContrast
from kogorta.experiments.looks import LookPlan
from kogorta.experiments.metrics import Metric
from kogorta.experiments.pictures import draw_cumulative_lift, draw_effects, draw_looks, draw_qini
from kogorta.experiments.sums import sums_of
from kogorta.kit.errors import InputError
from kogorta.kit.language import Language

RU = Language("ru")


def columns():
    random = np.random.default_rng(1)
    return {
        "arm": np.array(["a", "b"] * 300),
        "x": random.normal(size=600),
        "day": np.repeat([f"2026-03-{day:02d}" for day in range(1, 13)], 50),
    }


def test_effects_are_drawn_with_a_mark_for_each_arm():
    readout = Analysis([Metric("x")], control="a").of(columns(), arm="arm")
    figure = draw_effects(readout, "x", RU)
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["b"]
    low, high = axes.lines[0].get_xdata()
    assert (low, high) == pytest.approx((readout.effects[0].interval.low, readout.effects[0].interval.high))
    with pytest.raises(InputError, match="'y'"):
        draw_effects(readout, "y", RU)


def test_looks_are_drawn_against_their_bounds(tmp_path):
    plan = LookPlan(planned=20_000)
    first = plan.look(RateContrast(80, 2500, 75, 2500))
    looks = [first, plan.look(RateContrast(190, 5000, 150, 5000), past=[first])]
    figure = draw_looks(looks, RU, share=True)
    assert len(figure.axes) == 2
    assert figure.axes[1].lines[0].get_ydata() == pytest.approx([look.bound for look in looks])
    figure.savefig(tmp_path / "looks.png")
    with pytest.raises(InputError):
        draw_looks([], RU)


def test_the_cumulative_lift_ends_at_the_effect():
    sums = sums_of(columns(), [Metric("x")], arm="arm", day="day")
    figure = draw_cumulative_lift(sums, arm="b", control="a", language=RU)
    effect = Analysis([Metric("x")], control="a").of(columns(), arm="arm").effects[0].effect
    assert figure.axes[0].lines[0].get_ydata()[-1] == pytest.approx(effect)
    with pytest.raises(InputError, match="two days"):
        draw_cumulative_lift(sums.until("2026-03-01"), arm="b", control="a", language=RU)


def test_qini_curves_start_at_zero_and_end_together():
    random = np.random.default_rng(2)
    treated, y = np.array([1.0, 0.0] * 200), random.binomial(1, 0.3, 400).astype(float)
    figure = draw_qini({"uplift": random.random(400), "RFM": random.random(400)}, y, treated, RU)
    first, second, chance = figure.axes[0].lines
    assert first.get_ydata()[0] == second.get_ydata()[0] == 0
    assert first.get_ydata()[-1] == second.get_ydata()[-1] == chance.get_ydata()[-1]
    assert figure.axes[0].get_title(loc="left") == "Кривая Qini"


def test_importing_the_room_loads_neither_matplotlib_nor_scipy():
    import subprocess

    script = "import kogorta.experiments, sys; print(any(name in sys.modules for name in ('matplotlib', 'scipy', 'numpy', 'duckdb')))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
