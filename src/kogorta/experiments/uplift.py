"""Whom a campaign changes: uplift targeting behind a gate that keeps RFM unless uplift beats it on held-out customers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from kogorta.experiments.assignment import hashes_of
from kogorta.experiments.contrasts import Estimate, MeanContrast
from kogorta.experiments.learners import Design, LinearModel, fit_linear, fit_logistic
from kogorta.experiments.qini import BOOTSTRAPS, QiniComparison, Ranking, compare_qini
from kogorta.experiments.quantities import Interval, open_share
from kogorta.experiments.sums import labels_of, numbers_of
from kogorta.kit.checks import check_between, check_choice, check_positive
from kogorta.kit.errors import InputError
from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kogorta.experiments.sums import Columns, Floats
    from kogorta.kit.language import Language

LEAST_OUTCOMES: Final = 1000
"""Customers with an outcome, both arms together, below which no uplift model is tried."""
Choice = Literal["uplift", "rfm", "too_few"]
Learner = Literal["two_models", "one_model"]
WORDS: Final[dict[Choice, str]] = {
    "uplift": message("Choose by expected uplift: on customers it had not seen it beats RFM."),
    "rfm": message("Keep choosing by RFM: on customers it had not seen the uplift model does not beat it for certain."),
    "too_few": message("Keep choosing by RFM: there are too few outcomes to learn from."),
}


@dataclass(frozen=True)
class UpliftRule:
    """A frozen scoring rule: expected outcome with the campaign minus without it."""

    design: Design
    treated: LinearModel
    control: LinearModel

    def score(self, columns: Columns) -> Floats:
        """Expected uplift of each customer."""
        matrix = self.design.matrix(columns)
        return np.asarray(self.treated.predict(matrix) - self.control.predict(matrix))


@dataclass(frozen=True)
class UpliftBand:
    """A tenth of the customers by held-out score, best first.

    Attributes:
        place: 1 for the best tenth.
        customers: customers of both arms.
        uplift: observed difference of means.
        interval: its interval.
        score_low: lowest score in it.
    """

    place: int
    customers: int
    uplift: float
    interval: Interval
    score_low: float

    @property
    def word(self) -> str:
        """`persuadable`, `sleeping_dog` (the campaign harms) or `unmoved` (buys anyway, or never)."""
        if self.interval.low > 0:
            return "persuadable"
        return "sleeping_dog" if self.interval.high < 0 else "unmoved"


@dataclass(frozen=True, eq=False)
class Targeting:
    """What the gate decided.

    Attributes:
        choice: `uplift`, `rfm` or `too_few`.
        rule: the learned rule, to be used only when `choice` is `uplift`; `None` when nothing was learned.
        comparison: held-out Qini of uplift against RFM; `None` when nothing was learned.
        caught: share of the incremental outcome held by the best 30 % by uplift, held out.
        caught_by_rfm: the same by RFM.
        bands: observed uplift by tenth of the held-out score.
        outcomes: customers with an outcome.
        held_out: held-out score of each customer, in the order given.
    """

    choice: Choice
    rule: UpliftRule | None
    comparison: QiniComparison | None
    caught: float | None
    caught_by_rfm: float
    bands: tuple[UpliftBand, ...]
    outcomes: int
    held_out: Floats | None

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            "choice": self.choice,
            "comparison": None if self.comparison is None else asdict(self.comparison),
            "caught": self.caught,
            "caught_by_rfm": self.caught_by_rfm,
            "bands": [asdict(band) | {"word": band.word} for band in self.bands],
            "outcomes": self.outcomes,
        }

    def words(self, language: Language) -> str:
        """The decision in sentences."""
        said = [language.text(WORDS[self.choice])]
        if self.caught is not None:
            said.append(
                language.text(
                    "The best 30% hold {uplift} of the gain by uplift and {rfm} by RFM.",
                    uplift=language.percent(self.caught, 0),
                    rfm=language.percent(self.caught_by_rfm, 0),
                )
            )
        return " ".join(said)


@dataclass(frozen=True)
class UpliftGate:
    """Learn whom to contact from an experiment with a random control, and decide whether to use it.

    Args:
        features: columns known before the campaign.
        learner: `two_models` (one per arm) or `one_model` (common effects, interactions held back more strongly).
        folds: parts of the data, each scored by a model that did not see it.
        ridge: penalty on coefficients.
        alpha: error rate of the intervals of the gate.
        seed: of folds and bootstrap.
        draws: bootstrap draws of the comparison.

    Source: cross-fitted two-model learner (Künzel et al., PNAS 2019); gate on the paired bootstrap of the Qini area.
    """

    features: Sequence[str]
    learner: Learner = "two_models"
    folds: int = 5
    ridge: float = 10.0
    alpha: float = 0.05
    seed: int = 0
    draws: int = BOOTSTRAPS

    def __post_init__(self) -> None:
        check_choice("learner", self.learner, ("two_models", "one_model"))
        check_between("folds", self.folds, 2, 20)
        check_positive("ridge", self.ridge)
        open_share("alpha", self.alpha)
        if not self.features:
            raise InputError("no features are named; name the columns known before the campaign.")

    def fit(self, columns: Columns, *, arm: str, treated: str, control: str, outcome: str, rfm: str) -> Targeting:
        """Learn, hold out, compare, decide.

        Args:
            columns: name -> values, one per customer; other arms are left out.
            arm: name of the arm column.
            treated: name of the treated arm.
            control: name of the control arm.
            outcome: outcome column, 0/1 or an amount.
            rfm: column with the RFM priority, larger = contacted first; the ranking to beat.

        Returns:
            The decision with everything it rests on.

        Raises:
            InputError: a column is missing or an arm is empty.
        """
        arms = labels_of(columns, arm)
        keep = np.flatnonzero((arms == treated) | (arms == control))
        for name in (treated, control):
            if not (arms == name).any():
                raise InputError(
                    "arm {name!r} has no customers; the arms are {listed}.",
                    name=name,
                    listed=", ".join(sorted(set(arms.tolist()))),
                )
        part = {name: np.asarray(columns[name])[keep] for name in (*self.features, outcome, rfm) if name in columns}
        flag = (arms[keep] == treated).astype(np.float64)
        y = numbers_of(part, outcome, len(keep))
        priority = numbers_of(part, rfm, len(keep))
        outcomes = int(np.count_nonzero(y))
        by_rfm = Ranking.of(priority, y, flag).caught(0.3)
        if outcomes < LEAST_OUTCOMES:
            return Targeting("too_few", None, None, None, by_rfm, (), outcomes, None)
        design = Design.fit(part, self.features)
        matrix = design.matrix(part)
        fold = hashes_of(f"folds/{self.seed}", range(len(keep))) % self.folds
        held_out = np.empty(len(keep))
        for number in range(self.folds):
            seen, unseen = fold != number, fold == number
            top, bottom = self._models(matrix[seen], y[seen], flag[seen])
            held_out[unseen] = top.predict(matrix[unseen]) - bottom.predict(matrix[unseen])
        comparison = compare_qini(held_out, priority, y, flag, alpha=self.alpha, seed=self.seed, draws=self.draws)
        return Targeting(
            choice="uplift" if comparison.proven else "rfm",
            rule=UpliftRule(design, *self._models(matrix, y, flag)),
            comparison=comparison,
            caught=Ranking.of(held_out, y, flag).caught(0.3),
            caught_by_rfm=by_rfm,
            bands=_bands(held_out, y, flag, self.alpha),
            outcomes=outcomes,
            held_out=held_out,
        )

    def _models(self, matrix: Floats, y: Floats, flag: Floats) -> tuple[LinearModel, LinearModel]:
        logistic = bool(np.isin(y, (0, 1)).all())
        fit = fit_logistic if logistic else fit_linear
        if self.learner == "two_models":
            top, bottom = (fit(matrix[flag == side], y[flag == side], ridge=self.ridge) for side in (1, 0))
            return top, bottom
        # effects of the arm enter as +-half, so both arms are held back alike
        side = (flag - 0.5)[:, None]
        width = matrix.shape[1]
        both = fit(np.concatenate([matrix, matrix * side], axis=1), y, ridge=self.ridge)
        common, change = np.asarray(both.coefficients[:width]), np.asarray(both.coefficients[width:])
        return (
            LinearModel(tuple((common + change / 2).tolist()), logistic),
            LinearModel(tuple((common - change / 2).tolist()), logistic),
        )


def _bands(score: Floats, y: Floats, flag: Floats, alpha: float) -> tuple[UpliftBand, ...]:
    order = np.argsort(-score, kind="stable")
    found = []
    for place, rows in enumerate(np.array_split(order, 10), start=1):
        top, bottom = (y[rows][flag[rows] == side] for side in (1, 0))
        if min(len(top), len(bottom)) < 2:
            continue
        contrast = MeanContrast(_estimate(top), _estimate(bottom))
        effect = contrast.value - contrast.control_value
        interval = contrast.interval(alpha) if contrast.error > 0 else Interval(effect, effect)
        found.append(UpliftBand(place, len(rows), effect, interval, float(score[rows].min())))
    return tuple(found)


def _estimate(values: NDArray[np.float64]) -> Estimate:
    return Estimate(float(values.mean()), float(values.var(ddof=1)) / len(values), len(values) - 1)
