"""What customers are worth: models of repeat purchases and spend, forecasts, back-tests, churn signals.

The names below load on first use; `Appraiser` is the door most callers need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kogorta.value.appraisal import Appraisal, Appraiser, CustomerAppraisal
    from kogorta.value.backtest import Backtest, Backtester
    from kogorta.value.bg_bb import BgBb, OpportunitySummary, opportunities
    from kogorta.value.bg_nbd import BgNbd
    from kogorta.value.bootstrap import bootstrap
    from kogorta.value.choice import Gate, ModelGate
    from kogorta.value.churn import ChurnDetector, ChurnSignal, EmailRecord, SupportRecord
    from kogorta.value.day_ledger import DayLedger, split, summarise
    from kogorta.value.forecast import BaseForecast, CustomerForecast, Outlook, SegmentTotal, ValueForecaster
    from kogorta.value.gamma_gamma import GammaGamma
    from kogorta.value.mbg_cnbd_k import MbgCnbdK
    from kogorta.value.mbg_nbd import MbgNbd
    from kogorta.value.naive_rate import NaiveRate
    from kogorta.value.pareto_nbd import ParetoNbd
    from kogorta.value.registry import PURCHASE_MODELS, purchase_model, read_model
    from kogorta.value.remark import Remark
    from kogorta.value.retention import RetentionEconomics, RetentionWorth
    from kogorta.value.rhythm import Rhythm, rhythm
    from kogorta.value.sbg import ShiftedBetaGeometric, Tenures
    from kogorta.value.simulation import simulate
    from kogorta.value.single_model import SINGLE_MODELS, SingleModel
    from kogorta.value.summary import PurchaseSummary
    from kogorta.value.vip import FittedVip, Vip

_HOMES = {
    "appraisal": ("Appraisal", "Appraiser", "CustomerAppraisal"),
    "backtest": ("Backtest", "Backtester"),
    "bg_bb": ("BgBb", "OpportunitySummary", "opportunities"),
    "bg_nbd": ("BgNbd",),
    "bootstrap": ("bootstrap",),
    "choice": ("Gate", "ModelGate"),
    "churn": ("ChurnDetector", "ChurnSignal", "EmailRecord", "SupportRecord"),
    "day_ledger": ("DayLedger", "split", "summarise"),
    "forecast": ("BaseForecast", "CustomerForecast", "Outlook", "SegmentTotal", "ValueForecaster"),
    "gamma_gamma": ("GammaGamma",),
    "mbg_cnbd_k": ("MbgCnbdK",),
    "mbg_nbd": ("MbgNbd",),
    "naive_rate": ("NaiveRate",),
    "pareto_nbd": ("ParetoNbd",),
    "registry": ("PURCHASE_MODELS", "purchase_model", "read_model"),
    "remark": ("Remark",),
    "retention": ("RetentionEconomics", "RetentionWorth"),
    "rhythm": ("Rhythm", "rhythm"),
    "sbg": ("ShiftedBetaGeometric", "Tenures"),
    "simulation": ("simulate",),
    "single_model": ("SINGLE_MODELS", "SingleModel"),
    "summary": ("PurchaseSummary",),
    "vip": ("FittedVip", "Vip"),
}

__all__ = [  # noqa: RUF022 - kept in the order of the files
    "Appraisal",
    "Appraiser",
    "CustomerAppraisal",
    "Backtest",
    "Backtester",
    "BgBb",
    "OpportunitySummary",
    "opportunities",
    "BgNbd",
    "bootstrap",
    "Gate",
    "ModelGate",
    "ChurnDetector",
    "ChurnSignal",
    "EmailRecord",
    "SupportRecord",
    "DayLedger",
    "split",
    "summarise",
    "BaseForecast",
    "CustomerForecast",
    "Outlook",
    "SegmentTotal",
    "ValueForecaster",
    "GammaGamma",
    "MbgCnbdK",
    "MbgNbd",
    "NaiveRate",
    "ParetoNbd",
    "PURCHASE_MODELS",
    "purchase_model",
    "read_model",
    "Remark",
    "RetentionEconomics",
    "RetentionWorth",
    "Rhythm",
    "rhythm",
    "ShiftedBetaGeometric",
    "Tenures",
    "simulate",
    "SINGLE_MODELS",
    "SingleModel",
    "PurchaseSummary",
    "FittedVip",
    "Vip",
]


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"kogorta.value.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
