"""What the test on held-out orders says, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kogorta.kit.language import message
from kogorta.recommendations.hindsight import TOP
from kogorta.recommendations.history import to_day

if TYPE_CHECKING:
    from kogorta.kit.language import Language
    from kogorta.recommendations.hindsight import Hindsight
    from kogorta.recommendations.scoring import Question

NAMES: Final[dict[Question, str]] = {
    "next": message("The next purchase, repeats included"),
    "new": message("What the customer has never bought"),
    "arrivals": message("New arrivals"),
}


def verdict(hindsight: Hindsight, question: Question, language: Language) -> str:
    """Whether recommendations beat popularity on the held-out orders, and what is shown because of it."""
    trial = hindsight.of(question)
    if trial is None:
        return language.phrase("Too few customers came back to test this on the past, so what most buy now is offered.")
    told = language.text(
        "Held-out orders of {customers} from {since} to {until}: at least one of {top} products offered was bought by {model}, of the "
        "{top} most popular by {popularity} (difference {gain} points, from {low} to {high}).",
        customers=language.plural("{count} customer", "{count} customers", trial.customers),
        since=language.day(to_day(hindsight.held_out_from)),
        until=language.day(to_day(hindsight.held_out_until)),
        top=language.number(TOP),
        model=language.percent(trial.model.hit_rate),
        popularity=language.percent(trial.popularity.hit_rate),
        gain=language.number(100 * trial.gain, 1),
        low=language.number(100 * trial.gain_low, 1),
        high=language.number(100 * trial.gain_high, 1),
    )
    if trial.passed and trial.gain_low > 0:
        return told
    if trial.passed:
        return f"{told} {language.phrase('The difference in hits is within chance, but the right products stand higher in the list.')}"
    return f"{told} {language.phrase('Recommendations have not proved better, so what most buy now is offered.')}"
