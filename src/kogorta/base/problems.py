"""The catalogue of problems: what each is called, what to do about it and what it does to RFM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.kit.language import message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kogorta.base.audit import Audit


@dataclass(frozen=True)
class ProblemKind:
    """A kind of problem in words: title, remedy for the user, effect on R, F and M."""

    title: str
    remedy: str
    effect: str


_LEFT_OUT: Final = message("The row takes no part in R, F or M.")
_NO_EFFECT: Final = message("No effect on R, F or M.")

PROBLEMS: Final[Mapping[str, ProblemKind]] = {
    "row_broken": ProblemKind(
        message("The row could not be split into cells"),
        message("Open the row in the file: usually a quote is not closed. Correct it and import again."),
        _LEFT_OUT,
    ),
    "customer_missing": ProblemKind(
        message("No customer: no company, contact or customer id"),
        message("Link the deal to a company or a contact in the CRM and export again."),
        message("The purchase counts for nobody: someone's F and M are lower than they are."),
    ),
    "amount_missing": ProblemKind(
        message("A won deal has no amount"),
        message("Fill in the amount of the deal in the CRM."),
        message("The purchase does not count: F and M are lower, R may be older."),
    ),
    "amount_malformed": ProblemKind(
        message("The amount is not a number"),
        message("Correct the cell: digits, a decimal comma or point, a currency."),
        _LEFT_OUT,
    ),
    "amount_impossible": ProblemKind(
        message("The amount is too large to be money"),
        message("Look whether a phone or a tax number got into the amount column."),
        _LEFT_OUT,
    ),
    "date_missing": ProblemKind(
        message("No date"),
        message("Fill in the closing date of the deal, or export the creation date."),
        _LEFT_OUT,
    ),
    "date_malformed": ProblemKind(
        message("The date cannot be read"),
        message("Write dates as DD.MM.YYYY or YYYY-MM-DD."),
        _LEFT_OUT,
    ),
    "date_impossible": ProblemKind(
        message("The date is before 1990"),
        message("Correct the date of the deal."),
        _LEFT_OUT,
    ),
    "date_in_future": ProblemKind(
        message("A won deal is dated in the future"),
        message("Correct the closing date; Bitrix24 keeps the planned date there."),
        message("Counting it would make recency negative."),
    ),
    "currency_unknown": ProblemKind(
        message("The currency is not known"),
        message("Write an ISO code such as RUB or USD."),
        _LEFT_OUT,
    ),
    "currency_without_rate": ProblemKind(
        message("Another currency, and no rate is given for it"),
        message("Give a table of rates with --rates rates.csv (date, currency, rate)."),
        message("Amounts of different currencies are never added up; the row is left out."),
    ),
    "test_order": ProblemKind(
        message("A test deal"),
        message("Delete test deals in the CRM; if this one is real, rename it."),
        message("Counting it would give someone a purchase that never was."),
    ),
    "refund_ignored": ProblemKind(
        message("A refund, a credit note or a zero price, left out as asked"),
        message("Use --refunds net to subtract refunds instead."),
        message("M is gross, F counts refunded purchases too."),
    ),
    "duplicate_row": ProblemKind(
        message("The same row twice"),
        message("Nothing to do: one of them is kept."),
        message("Counting both would double the purchase."),
    ),
    "repeated_for_contact": ProblemKind(
        message("The same deal repeated for another contact"),
        message("Nothing to do: the deal counts once, every contact is kept."),
        message("Counting both would double the purchase."),
    ),
    "order_conflict": ProblemKind(
        message("The same deal with different amounts or dates"),
        message("Check the deal in the CRM; the row with the latest date is kept."),
        message("M uses the amount of the row kept."),
    ),
    "equal_lines": ProblemKind(
        message("Equal lines inside one order"),
        message("Nothing to do if the goods were scanned twice; they are kept."),
        message("Each line counts in M."),
    ),
    "equal_rows": ProblemKind(
        message("Equal purchases: the same customer, moment and amount, without an order id"),
        message("Export the order id to tell two purchases from one row copied twice; both are kept."),
        message("F and M count each of them."),
    ),
    "stage_unknown": ProblemKind(
        message("The stage name says neither won nor lost"),
        message('Name it with --stage "Stage=won"; until then the deal is open.'),
        message("An open deal does not count."),
    ),
    "zero_amount": ProblemKind(
        message("A won deal of zero"),
        message("Fill in the amount, or leave it: a gift is not a purchase."),
        message("It counts in neither R nor F."),
    ),
    "refund": ProblemKind(
        message("A refund: a negative amount"),
        message("Nothing to do: refunds are matched to the order they reverse."),
        message("M is net; a fully refunded order counts in neither R nor F."),
    ),
    "refund_unmatched": ProblemKind(
        message("A refund without an order to reverse"),
        message("Look for the order in an older export and import it too."),
        message("M is lower by the refund; R and F are unchanged."),
    ),
    "outlier": ProblemKind(
        message("An amount far from all the others"),
        message("Check the amount; if it is true, read averages with care."),
        message("M and the average check of the segment may rest on one order."),
    ),
    "inn_checksum": ProblemKind(
        message("INN with a wrong checksum"),
        message("Correct the INN in the company's requisites."),
        message("The company cannot be matched by INN: its purchases may be split in two."),
    ),
    "inn_length": ProblemKind(
        message("INN of a wrong length"),
        message("An INN has 10 or 12 digits; correct it in the requisites."),
        message("The company cannot be matched by INN: its purchases may be split in two."),
    ),
    "inn_spoilt": ProblemKind(
        message("INN spoilt by Excel (1,0277E+12): the digits are lost"),
        message("Export again and do not save the file in Excel, or format the column as text."),
        message("The company cannot be matched by INN: its purchases may be split in two."),
    ),
    "inn_restored": ProblemKind(
        message("INN that lost a leading zero or became a number, restored by its checksum"),
        message("Nothing to do."),
        _NO_EFFECT,
    ),
    "email_invalid": ProblemKind(
        message("An e-mail that cannot exist"),
        message("Correct the address on the customer's card."),
        message("No effect on R, F or M; the customer cannot be written to."),
    ),
    "phone_invalid": ProblemKind(
        message("A phone that cannot exist"),
        message("Correct the number on the customer's card."),
        message("No effect on R, F or M; the customer cannot be called."),
    ),
    "identity_merged": ProblemKind(
        message("Customers recognised as one by an exact key (INN and KPP, e-mail, phone)"),
        message("Look through merges; any merge can be undone."),
        message("Their purchases are added together: F and M are higher."),
    ),
    "identity_chained": ProblemKind(
        message("Dozens of cards chained into one customer by different e-mails or phones"),
        message('Look whether e-mails of employees were entered for customers; if they were, leave the column out: --map "E-mail=-".'),
        message("Strangers may be counted as one customer: R, F and M of all of them are wrong then."),
    ),
    "identity_shared_key": ProblemKind(
        message("One e-mail or phone on customers that are clearly different"),
        message("Look whether an employee's own number was entered for customers."),
        message("They stay separate."),
    ),
}


def describe(audit: Audit) -> str:
    """The audit as text: accounting, then problems with rows, example and remedy, in English."""
    account = audit.accounting
    lines = [
        f"rows read {account.rows_read} = used {account.rows_used} + merged {account.rows_merged} + quarantined {account.rows_quarantined}"
    ]
    for problem in audit.problems:
        kind = PROBLEMS[problem.code]
        example = f" (row {problem.example_row}: {problem.example})" if problem.example_row else ""
        lines.append(f"{problem.rows:>8}  {problem.fate.value:<11} {kind.title}{example}. {kind.remedy}")
    return "\n".join(lines)
