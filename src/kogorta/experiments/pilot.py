"""A pilot: send to a few at random, measure the response, forecast the rest."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final, Literal

from kogorta.experiments.quantities import Interval, arm_size, open_share, wilson_interval
from kogorta.kit.checks import check_between
from kogorta.kit.errors import InputError, OptionError
from kogorta.kit.language import message

if TYPE_CHECKING:
    from kogorta.kit.language import Language

PilotCode = Literal["go", "stop", "unsure", "measured"]
ADVICE: Final[dict[PilotCode, str]] = {
    "go": message("Send to the rest: the response pays."),
    "stop": message("Do not send to the rest: the response does not pay."),
    "unsure": message("Not clear yet: enlarge the pilot before sending to the rest."),
    "measured": message("The response is measured; compare it with what the campaign costs."),
}


@dataclass(frozen=True)
class PilotResult:
    """Response of a pilot and what it means for the rest.

    Attributes:
        sent: customers the pilot was sent to.
        responded: customers who responded.
        response: interval of the response rate, 0-1 (Wilson).
        rest: customers left.
        forecast: interval of the number of responses among the rest (beta-binomial).
        expected: their expected number.
        break_even: rate at which the campaign pays, 0-1; `None` = not stated.
        chance: probability that the true rate is at least that.
        code: advice.
        alpha: error rate of both intervals.
    """

    sent: int
    responded: int
    response: Interval
    rest: int
    forecast: Interval
    expected: float
    break_even: float | None
    chance: float | None
    code: PilotCode
    alpha: float

    @property
    def rate(self) -> float:
        """Observed response rate."""
        return self.responded / self.sent

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        intervals = {
            "response": [self.response.low, self.response.high],
            "forecast": [self.forecast.low, self.forecast.high],
        }
        return asdict(self) | intervals | {"rate": self.rate}

    def words(self, language: Language) -> str:
        """The result in sentences."""
        said = [
            language.text(
                "{responded} of {sent} responded: {rate} ({low} to {high}).",
                responded=language.number(self.responded),
                sent=language.number(self.sent),
                rate=language.percent(self.rate),
                low=language.percent(self.response.low),
                high=language.percent(self.response.high),
            )
        ]
        if self.rest:
            said.append(
                language.text(
                    "Of the other {rest}, expect {low} to {high} responses.",
                    rest=language.number(self.rest),
                    low=language.number(self.forecast.low),
                    high=language.number(self.forecast.high),
                )
            )
        return " ".join([*said, language.text(ADVICE[self.code])])


@dataclass(frozen=True)
class Pilot:
    """How a pilot is judged.

    Args:
        break_even: response rate at which the campaign pays, 0-1; `None` = only measure.
        sure: probability needed to say go or stop.
        alpha: error rate of the intervals.

    Example:
        >>> result = Pilot(break_even=0.10).of(responded=22, sent=87, rest=400)
        >>> result.code, result.forecast
        ('go', Interval(low=65.0, high=144.0))

    Source: Wilson (1927); beta-binomial predictive distribution with Jeffreys' prior.
    """

    break_even: float | None = None
    sure: float = 0.9
    alpha: float = 0.05

    def __post_init__(self) -> None:
        if self.break_even is not None:
            open_share("break_even", self.break_even)
        check_between("sure", self.sure, 0.5, 1)
        open_share("alpha", self.alpha)

    def of(self, *, responded: int, sent: int, rest: int = 0) -> PilotResult:
        """Judge a pilot that was drawn at random from the segment.

        Args:
            responded: customers who responded within the window.
            sent: customers in the pilot, reached or not.
            rest: customers of the segment outside the pilot.

        Returns:
            The response with its interval, and the forecast for the rest.

        Raises:
            OptionError: the pilot is empty or a number is negative.
            InputError: more responded than were sent to.
        """
        sent = arm_size("sent", sent)
        if rest < 0:
            raise OptionError(
                "rest is {rest!r}; it must be 0 or more customers.",
                rest=rest,
            )
        if not 0 <= responded <= sent:
            raise InputError(
                "responded is {responded!r}, but {sent} were in the pilot; it must be from 0 to {sent}.",
                responded=responded,
                sent=sent,
            )
        from scipy import stats

        yes, no = responded + 0.5, sent - responded + 0.5
        future = stats.betabinom(rest, yes, no)
        chance = None if self.break_even is None else float(stats.beta.sf(self.break_even, yes, no))
        code: PilotCode = "measured"
        if chance is not None:
            code = "go" if chance >= self.sure else "stop" if chance <= 1 - self.sure else "unsure"
        return PilotResult(
            sent=sent,
            responded=responded,
            response=wilson_interval(responded, sent, alpha=self.alpha),
            rest=rest,
            forecast=Interval(float(future.ppf(self.alpha / 2)), float(future.ppf(1 - self.alpha / 2))),
            expected=rest * yes / (yes + no),
            break_even=self.break_even,
            chance=chance,
            code=code,
            alpha=self.alpha,
        )
