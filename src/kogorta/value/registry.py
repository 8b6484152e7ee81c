"""Models by their codes; a new one is a file and a line here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from kogorta.kit.checks import check_choice
from kogorta.kit.errors import InputError
from kogorta.value.bg_nbd import BgNbd
from kogorta.value.mbg_cnbd_k import MbgCnbdK
from kogorta.value.mbg_nbd import MbgNbd
from kogorta.value.naive_rate import NaiveRate
from kogorta.value.pareto_nbd import ParetoNbd

if TYPE_CHECKING:
    from collections.abc import Callable

    from kogorta.value.purchase_model import FittedPurchases, PurchaseModel

PURCHASE_MODELS: Final[dict[str, Callable[[], PurchaseModel]]] = {
    "bg-nbd": BgNbd,
    "mbg-nbd": MbgNbd,
    "pareto-nbd": ParetoNbd,
    "mbg-cnbd-k": MbgCnbdK,
}
"""Simplest first: of two that foretell alike the earlier is taken."""


def purchase_model(code: str) -> PurchaseModel:
    """The model of repeat purchases with this code, with its default options.

    Raises:
        OptionError: there is no such model; the message lists those there are.

    Example:
        >>> type(purchase_model("bg-nbd")).__name__
        'BgNbd'
    """
    check_choice("model", code, tuple(PURCHASE_MODELS))
    return PURCHASE_MODELS[code]()


def read_model(text: str) -> FittedPurchases:
    """A fitted model of repeat purchases from what its `to_json` wrote.

    Raises:
        InputError: the text is not a fitted model.
    """
    try:
        code = str(json.loads(text)["model"])
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise InputError(
            "the text is not a fitted model ({error}); pass what to_json() wrote.",
            error=error,
        ) from error
    if code == NaiveRate.code:
        return NaiveRate.from_json(text)
    return purchase_model(code).fitted.from_json(text)
