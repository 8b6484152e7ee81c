"""Goals of the experiments room that are not simulations: published figures, features, merges, and what the gate lets through."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import kogorta.experiments as room
from kogorta.experiments.assignment import Arms, HashSplit
from kogorta.experiments.enrolment import Enrolment
from kogorta.experiments.uplift import UpliftGate
from kogorta.kit.language import Language

ROOT = Path(__file__).parents[1]
ANALYSIS, FIGURES = "test_experiment_analysis.py", "test_published_figures.py"
# every figure printed in section 2 of the reference page -> the test that holds it
GOLDENS = {
    "2.1 sizes and the SRM of three arms": (ANALYSIS, "test_hillstrom_sizes"),
    "2.1 visits, conversions, spend": (FIGURES, "test_hillstrom_sums"),
    "2.1 shares of the men's mail, Newcombe": (ANALYSIS, "test_hillstrom_shares_of_the_mens_mail"),
    "2.1 spend of the men's mail, p": (ANALYSIS, "test_hillstrom_spend_of_the_mens_mail"),
    "2.1 Welch intervals, CUPED, order value, spend per visit": (ANALYSIS, "test_hillstrom_goldens_of_welch_cuped_and_ratios"),
    "2.1 Welch statistics": (FIGURES, "test_hillstrom_statistics_of_welch"),
    "2.1 Welch degrees of freedom": (FIGURES, "test_hillstrom_degrees_of_freedom"),
    "2.1 pooled z and its p": (FIGURES, "test_hillstrom_pooled_z"),
    "2.1 sequential interval and p": ("test_sequential.py", "test_the_always_valid_interval_of_growthbook"),
    "2.1 relative intervals, logarithmic and linear": (FIGURES, "test_hillstrom_relative_intervals_of_other_libraries"),
    "2.2 orders, orders per session, revenue": (ANALYSIS, "test_tea_tasting_guide"),
    "2.2 relative interval of orders": (FIGURES, "test_the_relative_interval_of_the_tea_tasting_guide"),
    "2.2 SRM with continuity correction": (FIGURES, "test_the_split_check_of_the_tea_tasting_guide"),
    "2.2 three metrics with covariates": (ANALYSIS, "test_tea_tasting_guide_with_covariates"),
    "2.2 smallest detectable revenue, 10,000 and 20,000": (FIGURES, "test_the_power_page_of_tea_tasting"),
    "2.2 Benjamini-Hochberg and -Yekutieli": ("test_srm.py", "test_the_published_multiplicity_example"),
    "2.3 absolute and linear relative": ("test_elsewhere.py", "test_gbstats_absolute_and_linear_relative_readings"),
    "2.3 proportions 14/28 and 16/30": ("test_elsewhere.py", "test_gbstats_proportions"),
    "2.3 sequential, mean and proportions": ("test_elsewhere.py", "test_gbstats_sequential_readings"),
    "2.3 sequential p": (FIGURES, "test_the_sequential_p_of_gbstats_is_one"),
    "2.3 Bayesian 49/100 and 51/100": ("test_elsewhere.py", "test_gbstats_bayesian_reading"),
    "2.4 SRM of two, weighted two and three arms": ("test_srm.py", "test_published_split_checks"),
    "2.5 three formulas, four designs": ("test_sizing.py", "test_published_sample_sizes_of_proportions"),
    "2.5 G*Power references": ("test_sizing.py", "test_g_power_references"),
    "2.5 t test sizes": ("test_sizing.py", "test_t_test_sizes_agree_with_statsmodels"),
    "2.5 which formula reaches its power": (FIGURES, "test_the_popular_formula_is_short_of_its_power"),
    "2.6 bounds of 5 and 2 looks": ("test_sequential.py", "test_published_bounds"),
    "2.7 GrowthBook hash": ("test_elsewhere.py", "test_growthbook_hash_cases"),
    "2.7 Eppo, PostHog, Optimizely, Statsig": ("test_elsewhere.py", "test_buckets_of_other_platforms"),
    "2.7 Eppo in SQL": (FIGURES, "test_the_engine_has_the_buckets_of_eppo"),
    "2.8 Qini and uplift areas of scikit-uplift": ("test_uplift.py", "test_published_qini_and_uplift_areas"),
    "2.8 areas of causalml": (FIGURES, "test_the_areas_of_causalml"),
    "2.8 uplift at 30 %, overall and by group": (FIGURES, "test_the_uplift_of_the_best_thirty_percent"),
    "2.8 spread of Qini over bootstraps": (FIGURES, "test_the_qini_of_42_thousand_customers_is_known_to_one_and_a_half_points"),
    "2.8 women's mail by segment": ("test_uplift.py", "test_the_uplift_of_a_published_segment"),
    "2.8 men's mail by segment": (FIGURES, "test_the_uplift_of_the_mens_mail_by_segment"),
}
FEATURES = {
    "tests": "Analysis", "ratio, CUPED, cap": "Metric", "post-stratification": "Analysis.stratum", "sequential": "LookPlan",
    "always valid": "AlwaysValid", "SRM over k arms": "check_split", "sizing": "Planner", "assignment": "HashSplit",
    "blocked draw": "BlockedDraw", "layers": "Layer", "holdout": "Holdout", "bandit": "Bandit", "uplift gate": "UpliftGate",
    "send time": "SendTime", "pilot": "Pilot", "pooling of waves": "pool_rates", "incremental revenue": "Incremental",
}  # fmt: skip


def line(goal: str, target: str, measured: str, *, met: bool) -> None:
    print(f"{'ok  ' if met else 'MISS'} {goal:<62} {target:<18} {measured}")


@dataclass
class Heard:
    """What pytest reports, by name of the test."""

    passed: dict[str, bool] = field(default_factory=dict)

    def pytest_runtest_logreport(self, report) -> None:
        """Remember whether every part of a test passed."""
        name = report.nodeid.rpartition("::")[2].partition("[")[0]
        self.passed[name] = self.passed.get(name, True) and report.passed


def goldens() -> None:
    import pytest

    heard = Heard()
    wanted = [str(ROOT / "tests/library/experiments" / f"{file}::{name}") for file, name in GOLDENS.values()]
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main(["-p", "no:cacheprovider", *wanted], plugins=[heard])
    for case, (_, name) in GOLDENS.items():
        line(f"golden {case}", "to printed digits", name, met=heard.passed.get(name, False))


def features() -> None:
    there = [feature for feature, name in FEATURES.items() if hasattr(room, name.split(".")[0])]
    line("features in one package", f"{len(FEATURES)}", f"{len(there)}", met=len(there) == len(FEATURES))
    plan = room.recommend(87, 0.10, 0.25)
    said = {code: plan.words(Language(code)) for code in ("ru", "en")}
    line("the first wave of 87 companies is called a pilot", "pilot", plan.code, met=plan.code == "pilot" and said["ru"] != said["en"])


def merges() -> None:
    random = np.random.default_rng(8)
    ids = [str(number) for number in range(10_000)]
    enrolment = Enrolment("merges").add(HashSplit("merges", Arms.of({"A": 1, "B": 1})).assign(ids), on="2026-03-01")
    pairs = random.permutation(10_000)[:1000].reshape(500, 2)
    arm_of = enrolment.arm_of()
    review = enrolment.review((ids[kept], ids[merged]) for kept, merged in pairs)
    crossed = sum(arm_of[ids[kept]] != arm_of[ids[merged]] for kept, merged in pairs)
    line("500 merges: crossed ones found, left out and counted", str(crossed), str(len(review.crossed)), met=len(review.crossed) == crossed)
    total = len(review.arms) + len(review.crossed)
    untouched = all(arm_of[unit] == arm for unit, arm in review.arms.items())
    line("  customers accounted for, nobody moved", "9500, True", f"{total}, {untouched}", met=total == 9500 and untouched)


def gate(columns: dict[str, np.ndarray], features: tuple[str, ...], arms: tuple[str, ...], control: str, times: int) -> None:
    """What the gate ships on real outcomes, and how often it ships where there is nothing to ship."""
    for arm in arms:
        for outcome in ("visit", "conversion"):
            found = UpliftGate(features).fit(columns, arm="segment", treated=arm, control=control, outcome=outcome, rfm="rfm")
            if found.comparison is None:
                line(f"uplift gate, {arm}, {outcome}s", "-", f"{found.choice}: {found.outcomes} outcomes", met=found.choice == "too_few")
                continue
            holds = found.comparison.low <= found.comparison.baseline or found.comparison.gain_low <= 0
            line(
                f"uplift gate, {arm}, {outcome}s: interval holds RFM", "then rfm", f"{holds} -> {found.choice}",
                met=(found.choice == "rfm") == holds,
            )  # fmt: skip
    random = np.random.default_rng(9)
    rows = np.flatnonzero((columns["segment"] == arms[0]) | (columns["segment"] == control))
    shipped = 0
    for number in range(times):
        taken = random.choice(rows, 12_000, replace=False)
        part = {name: values[taken] for name, values in columns.items()}
        part["segment"] = random.permutation(part["segment"])  # the same outcomes, mailed or not: no uplift anywhere
        found = UpliftGate(features, seed=number, draws=100).fit(
            part, arm="segment", treated=arms[0], control=control, outcome="visit", rfm="rfm"
        )
        shipped += found.choice == "uplift"
    line("uplift gate, arms shuffled: shipped where nothing is to gain", "<= 5 %", f"{shipped / times:.1%}", met=shipped / times <= 0.05)
