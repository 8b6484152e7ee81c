"""The demo of the main job: a school's Bitrix24 export with a known truth beside it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kogorta.demo.cast import Cast
from kogorta.demo.chance import stream
from kogorta.demo.export import ENCODINGS, render, rows_of
from kogorta.demo.mess_cards import CardMess
from kogorta.demo.mess_deals import DealMess
from kogorta.demo.reckoning import (
    customers_of,
    cuts_of,
    doubles_of,
    fates_of,
    industries_of,
    planted_of,
    refunds_of,
    segments_of,
    with_levels,
)
from kogorta.demo.story import Story
from kogorta.demo.truth import SchoolTruth
from kogorta.kit.checks import check_between, check_choice
from kogorta.kit.clock import parse_day
from kogorta.kit.errors import InputError

if TYPE_CHECKING:
    from os import PathLike

    from kogorta.demo.cast import CompanyCard, ContactCard
    from kogorta.demo.export import Encoding
    from kogorta.demo.story import Deal

AS_OF: Final = date(2026, 11, 22)
DEALS_FILE: Final = "deals.csv"
TRUTH_FILE: Final = "truth.json"
LEAST, MOST = 100, 20_000
USUAL_COMPANIES: Final = 300


def write_school(
    folder: str | PathLike[str],
    *,
    seed: int = 2026,
    as_of: date | str = AS_OF,
    companies: int = USUAL_COMPANIES,
    encoding: Encoding = "utf-8-sig",
    currencies: bool = False,
) -> SchoolTruth:
    """Write `deals.csv` of an online school for managers and `truth.json` with what is in it.

    The same options give the same bytes. Names, phones, e-mails and tax numbers are invented; phones and numbers are
    of valid form and belong to nobody.

    Args:
        folder: where to write; created when absent.
        seed: of every random step.
        as_of: last day of the data, a date or ISO text; only planned and wrong dates lie after it.
        companies: how many companies there are, 100 to 20,000; persons come on top.
        encoding: `utf-8-sig` as the cloud writes, or `cp1251` as an old box does.
        currencies: add two deals in dollars. They count for nobody in the truth.

    Returns:
        The truth, as written to `truth.json`.

    Raises:
        OptionError: an option is out of its bounds.
        InputError: the folder cannot be written to.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     truth = write_school(folder, companies=100)
        >>> truth.accounting.rows_read == truth.rows
        True
    """
    as_of = parse_day("as_of", as_of)
    check_between("companies", companies, LEAST, MOST)
    check_between("as_of.year", as_of.year, 1990, 2100)
    check_choice("encoding", encoding, ENCODINGS)
    cast = Cast(seed)
    customers = cast.draw(companies)
    story = Story(seed, as_of)
    deals = story.tell(customers)
    scale = companies / USUAL_COMPANIES
    cards = CardMess(stream(seed, "cards"), cast, customers, deals, scale)
    cards.make()
    mess = DealMess(stream(seed, "deals"), story, deals, cards.touched, as_of, scale)
    mess.make()
    if currencies:
        mess.foreign()
    _number(deals, seed)
    deals.sort(key=lambda deal: deal.deal_id)
    rows = rows_of(deals, stream(seed, "copies"), scale)
    accounting, merged, quarantined = fates_of(rows)
    found = customers_of(deals, as_of)
    cuts = cuts_of(found)
    found = with_levels(found, cuts)
    truth = SchoolTruth(
        file=DEALS_FILE,
        encoding=encoding,
        seed=seed,
        as_of=as_of,
        companies=companies,
        currencies=currencies,
        rows=len(rows),
        deals=len(deals),
        accounting=accounting,
        merged=merged,
        quarantined=quarantined,
        customers=found,
        cuts=cuts,
        segments=segments_of(found),
        industries=industries_of(found),
        planted=planted_of(rows),
        doubles=doubles_of(cards.doubles),
        refunds=refunds_of(deals),
    )
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        (target / DEALS_FILE).write_bytes(render(rows, encoding))
        truth.write(target / TRUTH_FILE)
    except OSError as error:
        raise InputError(
            "cannot write the demo to {str!r}: {strerror}; choose another folder.",
            str=str(target),
            strerror=error.strerror,
        ) from error
    return truth


def _number(deals: list[Deal], seed: int) -> None:
    """Ids as a CRM gives them: in the order things were entered, with gaps."""
    rng = stream(seed, "ids")
    deal_id, company_id, contact_id = 1000, 300, 2000
    companies: set[CompanyCard] = set()
    contacts: set[ContactCard] = set()
    for deal in sorted(deals, key=lambda one: one.created_at):
        deal_id += rng.choice((1, 1, 2, 3))
        deal.deal_id = deal_id
        if deal.company is not None and deal.company not in companies:
            companies.add(deal.company)
            company_id += rng.choice((1, 1, 2))
            deal.company.company_id = company_id
        for card in (deal.contact, deal.second):
            if card is not None and card not in contacts:
                contacts.add(card)
                contact_id += rng.choice((1, 1, 2))
                card.contact_id = contact_id
