"""Settings of a run in words: what stands beside the keys of `plan.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.kit.language import Language

SETTINGS: Final[Mapping[str, str]] = {
    "as_of": message("Day of the analysis"),
    "time_zone": message("Time zone of the company"),
    "currency": message("Currency of all sums"),
    "refunds": message("How refunds are counted"),
    "scheme": message("Names of the segments"),
    "abc_share_a": message("ABC: class A up to this share of revenue"),
    "abc_share_b": message("ABC: class B up to this share of revenue"),
    "xyz_limit_x": message("XYZ: class X up to this coefficient of variation"),
    "xyz_limit_y": message("XYZ: class Y up to this coefficient of variation"),
    "xyz_period": message("XYZ: period"),
    "xyz_fewest_periods": message("XYZ: fewest full periods to judge by"),
    "lifecycle_mode": message("Lifecycle: one threshold for all or own rhythm"),
    "lifecycle_new_within_days": message("Lifecycle: new for so many days"),
    "lifecycle_sleeping_after_days": message("Lifecycle: sleeping after so many days"),
    "lifecycle_gone_after_days": message("Lifecycle: gone after so many days"),
    "clv_horizon_days": message("Value: horizon, days"),
    "clv_margin": message("Value: margin, share of an order"),
    "clv_discount_rate": message("Value: yearly discount rate"),
    "clv_interval": message("Value: probability of the ranges"),
    "rfm_levels": message("RFM: number of levels"),
    "rfm_best": message("RFM: best level"),
    "rfm_method": message("RFM: how thresholds are learnt"),
    "rfm_monetary": message("RFM: what M is"),
    "rfm_recency_days": message("RFM: thresholds of R, days"),
    "rfm_frequency_orders": message("RFM: thresholds of F, orders"),
    "rfm_money_minor": message("RFM: thresholds of M, minor units of the currency"),
}
"""Keys of `Analysis.definitions` in words; a key that is not here stands alone."""


def setting_name(language: Language, key: str) -> str:
    """What a setting is, or a dash.

    Example:
        >>> from kogorta.kit.language import Language
        >>> setting_name(Language("en"), "clv_horizon_days"), setting_name(Language("en"), "new_one")
        ('Value: horizon, days', '—')
    """
    known = SETTINGS.get(key)
    return language.text(known) if known else "—"
