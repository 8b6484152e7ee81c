"""Experiments: size, assign, analyse, look safely, use.

The names below are loaded on first use, so that importing the room costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kogorta.experiments.aa_test import self_test
    from kogorta.experiments.always_valid import AlwaysValid
    from kogorta.experiments.analysis import Analysis
    from kogorta.experiments.assignment import Arms, Assignment, BlockedDraw, HashSplit, bucket, bucket_sql
    from kogorta.experiments.bandits import ArmRewards, Bandit, BanditPeriod, read_bandit
    from kogorta.experiments.enrolment import Enrolment
    from kogorta.experiments.guard import Variant, check_single_change
    from kogorta.experiments.incremental import Incremental
    from kogorta.experiments.layers import Gate, Holdout, Layer
    from kogorta.experiments.looks import LookPlan
    from kogorta.experiments.metrics import Metric
    from kogorta.experiments.pilot import Pilot
    from kogorta.experiments.plan import ExperimentPlan, Planner, arms_of
    from kogorta.experiments.pooling import RateWave, pool_means, pool_rates
    from kogorta.experiments.qini import uplift_at
    from kogorta.experiments.quantities import wilson_interval
    from kogorta.experiments.readout import Effect, Readout
    from kogorta.experiments.recommendation import Recommendation, recommend
    from kogorta.experiments.rollout import RolloutRule
    from kogorta.experiments.send_time import Responses, SendTime
    from kogorta.experiments.sequential import sequential_bounds
    from kogorta.experiments.sizing import (
        power_of_proportions,
        sample_size_means,
        sample_size_proportions,
        smallest_detectable_mean,
        smallest_detectable_rate,
    )
    from kogorta.experiments.srm import check_split
    from kogorta.experiments.sums import sums_of
    from kogorta.experiments.sums_sql import sums_from
    from kogorta.experiments.uplift import UpliftGate
    from kogorta.experiments.windows import Window

_HOMES = {
    "AlwaysValid": "always_valid",
    "Analysis": "analysis",
    "ArmRewards": "bandits",
    "Arms": "assignment",
    "Assignment": "assignment",
    "Bandit": "bandits",
    "BanditPeriod": "bandits",
    "BlockedDraw": "assignment",
    "Effect": "readout",
    "Enrolment": "enrolment",
    "ExperimentPlan": "plan",
    "Gate": "layers",
    "HashSplit": "assignment",
    "Holdout": "layers",
    "Incremental": "incremental",
    "Layer": "layers",
    "LookPlan": "looks",
    "Metric": "metrics",
    "Pilot": "pilot",
    "Planner": "plan",
    "RateWave": "pooling",
    "Readout": "readout",
    "Recommendation": "recommendation",
    "Responses": "send_time",
    "RolloutRule": "rollout",
    "SendTime": "send_time",
    "UpliftGate": "uplift",
    "Variant": "guard",
    "Window": "windows",
    "arms_of": "plan",
    "bucket": "assignment",
    "bucket_sql": "assignment",
    "check_single_change": "guard",
    "check_split": "srm",
    "pool_means": "pooling",
    "pool_rates": "pooling",
    "power_of_proportions": "sizing",
    "read_bandit": "bandits",
    "recommend": "recommendation",
    "sample_size_means": "sizing",
    "sample_size_proportions": "sizing",
    "self_test": "aa_test",
    "sequential_bounds": "sequential",
    "smallest_detectable_mean": "sizing",
    "smallest_detectable_rate": "sizing",
    "sums_from": "sums_sql",
    "sums_of": "sums",
    "uplift_at": "qini",
    "wilson_interval": "quantities",
}

__all__ = [
    "AlwaysValid",
    "Analysis",
    "ArmRewards",
    "Arms",
    "Assignment",
    "Bandit",
    "BanditPeriod",
    "BlockedDraw",
    "Effect",
    "Enrolment",
    "ExperimentPlan",
    "Gate",
    "HashSplit",
    "Holdout",
    "Incremental",
    "Layer",
    "LookPlan",
    "Metric",
    "Pilot",
    "Planner",
    "RateWave",
    "Readout",
    "Recommendation",
    "Responses",
    "RolloutRule",
    "SendTime",
    "UpliftGate",
    "Variant",
    "Window",
    "arms_of",
    "bucket",
    "bucket_sql",
    "check_single_change",
    "check_split",
    "pool_means",
    "pool_rates",
    "power_of_proportions",
    "read_bandit",
    "recommend",
    "sample_size_means",
    "sample_size_proportions",
    "self_test",
    "sequential_bounds",
    "smallest_detectable_mean",
    "smallest_detectable_rate",
    "sums_from",
    "sums_of",
    "uplift_at",
    "wilson_interval",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'kogorta.experiments' has no attribute {name!r}")
    return getattr(import_module(f"kogorta.experiments.{_HOMES[name]}"), name)
