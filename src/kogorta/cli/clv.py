"""`kogorta clv`: a model of repeat purchases, of spend or of contracts, fitted and tested on the past."""

from __future__ import annotations

import json
import math
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kogorta.cli.options import Reading, add_files, memory_option, print_json, reading_options, speaking_options
from kogorta.cli.words import spoken
from kogorta.engine.scratch import scratch_folder

if TYPE_CHECKING:
    from datetime import date

    from kogorta.cli.options import Voice
    from kogorta.kit.language import Language
    from kogorta.value.day_ledger import DayLedger
    from kogorta.value.summary import Unit

MODELS = ("auto", "bg-nbd", "mbg-nbd", "pareto-nbd", "mbg-cnbd-k", "gamma-gamma", "bg-bb", "sbg")


@click.command(help=spoken("What customers are worth: a model fitted and tested on the past of a file or a base."))
@click.argument("source", type=click.Path(path_type=Path), metavar=spoken("FILE|BASE"))
@click.option("--model", type=click.Choice(MODELS), default="auto", help=spoken("Model; auto lets the past choose."))
@click.option("--unit", type=click.Choice(("week", "day")), default="week", help=spoken("Unit of time."))
@click.option("--calibration-end", metavar="DATE", help=spoken("Fit up to this day, test on what follows."))
@click.option("--as-of", metavar="DATE", help=spoken("The day of the analysis. Default: the last day of the data."))
@click.option("--period-days", type=int, default=30, help=spoken("Length of a period of bg-bb and sbg, in days."))
@reading_options
@memory_option
@speaking_options
def clv(
    source: Path,
    model: str,
    unit: str,
    calibration_end: str | None,
    as_of: str | None,
    period_days: int,
    memory: str,
    voice: Voice,
    **reading: object,
) -> None:
    """Fit one model (or let the holdout choose) and print it."""
    from kogorta.base.customer_base import CustomerBase
    from kogorta.base.store import STATE_FILE
    from kogorta.kit.clock import parse_day
    from kogorta.kit.errors import InputError
    from kogorta.value.day_ledger import day_of
    from kogorta.value.valuation import ledger_of

    words, progress = voice.language, voice.progress
    with tempfile.TemporaryDirectory(dir=scratch_folder()) as workspace:
        is_base = (source / STATE_FILE).exists()
        base = CustomerBase(source if is_base else None, memory=memory, spill=Path(workspace))
        if not is_base:
            add_files(base, [source], Reading(**reading), Path(workspace), progress, None if voice.quiet else words)  # type: ignore[arg-type]
        ledger = ledger_of(base, parse_day("--as-of", as_of) if as_of else None, zero_sums=True)
        if ledger is None:
            raise InputError("Nobody has bought by that day; choose a later day or import won deals.")
        end = parse_day("--as-of", as_of) if as_of else day_of(ledger.last_day)
        calibration = parse_day("--calibration-end", calibration_end) if calibration_end else None
        week: Unit = "day" if unit == "day" else "week"
        if model in {"gamma-gamma", "bg-bb", "sbg"}:
            document = _single(model, ledger, end, calibration, period_days, words)
        else:
            document = _repeat(model, ledger, end, week, calibration, words)
    if voice.as_json:
        print_json(document)
        return
    _tell(document, words)


def _repeat(model: str, ledger: DayLedger, as_of: date, unit: Unit, calibration: date | None, words: Language) -> dict[str, object]:
    """A model of repeat purchases. With a calibration end the parameters are those of the calibration, as in the literature."""
    from kogorta.value.appraisal import Appraiser
    from kogorta.value.day_ledger import summarise
    from kogorta.value.registry import PURCHASE_MODELS, purchase_model

    appraisal = Appraiser(model=model, unit=unit, calibration_end=calibration).fit(ledger, as_of)
    document: dict[str, object] = json.loads(appraisal.to_json(words))
    chosen = str(document["model"])
    if calibration is not None and chosen in PURCHASE_MODELS:
        summary = summarise(ledger, calibration, unit)
        fitted = purchase_model(chosen).fit(summary)
        document |= {
            "customers": round(summary.customers),
            "repeaters": round(summary.repeaters),
            "params": fitted.params_,
            "standard_errors": fitted.standard_errors_,
            "log_likelihood": fitted.log_likelihood_,
            "convergence": fitted.convergence_,
            "fitted_until": calibration.isoformat(),
        }
    return document


def _single(model: str, ledger: DayLedger, as_of: date, calibration: date | None, period_days: int, words: Language) -> dict[str, object]:
    """Spend, discrete opportunities or contracts. Money in the parameters is in major units."""
    from kogorta.kit.language import minor_digits
    from kogorta.value.gamma_gamma import FittedGammaGamma
    from kogorta.value.single_model import SingleModel

    tested = SingleModel(model, period_days, calibration).fit(ledger, as_of)
    document: dict[str, object] = json.loads(tested.to_json(words))
    fit = tested
    if calibration is not None:
        fit = SingleModel(model, period_days).fit(ledger, calibration)
        document |= {"customers": fit.customers, "repeaters": fit.repeaters, "fitted_until": calibration.isoformat()}
    params, errors, likelihood = dict(fit.fitted_.params_), dict(fit.fitted_.standard_errors_), fit.fitted_.log_likelihood_
    if isinstance(fit.fitted_, FittedGammaGamma):
        scale = 10 ** minor_digits(ledger.currency)
        params["v"] /= scale
        errors["v"] /= scale
        likelihood += fit.fitted_.customers_ * math.log(scale)
        if isinstance(holdout := document["holdout"], dict):
            document["holdout"] = {name: value / scale for name, value in holdout.items()}
    return document | {"params": params, "standard_errors": errors, "log_likelihood": likelihood}


def _tell(document: dict[str, object], words: Language) -> None:
    """The fit in words: customers, parameters, back-test, gate."""
    click.echo(f"{document['model']} ({document['unit']})")
    click.echo(
        words.text(
            "Customers: {customers}, of them with a repeat purchase: {repeaters}.",
            customers=words.number(float(str(document["customers"]))),
            repeaters=words.number(float(str(document["repeaters"]))),
        )
    )
    params = document["params"]
    if isinstance(params, dict):
        click.echo(", ".join(f"{name} = {value:.6g}" for name, value in params.items()))
    holdout = document.get("holdout")
    if isinstance(holdout, dict):
        click.echo(
            words.text(
                "Test on the past: {predicted} orders foretold, {actual} made; error per customer {mae}, of the plain rate {naive}.",
                predicted=words.number(float(holdout["predicted"])),
                actual=words.number(float(holdout["actual"])),
                mae=words.number(float(holdout["mae"]), 3),
                naive=words.number(float(holdout["mae_naive"]), 3),
            )
        )
    gate = document["gate"]
    if isinstance(gate, dict):
        for reason in gate["reasons"]:
            click.echo(reason)
