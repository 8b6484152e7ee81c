"""Numbers of Russian companies with valid check digits that belong to nobody.

The tax office in each is `<region>00`, a code the tax service does not register companies under.
Check digits: INN by the weights the Federal Tax Service prescribes, OGRN by the remainder modulo 11 (13 for a sole
trader).
"""

from __future__ import annotations

from typing import Final

_COMPANY_WEIGHTS: Final = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_PERSON_WEIGHTS_11: Final = (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_PERSON_WEIGHTS_12: Final = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)


def company_inn(region: str, serial: int) -> str:
    """INN of a company: 10 digits.

    Example:
        >>> company_inn("77", 1)
        '7700000016'
    """
    body = f"{region}00{serial:05d}"
    return body + _digit(body, _COMPANY_WEIGHTS)


def trader_inn(region: str, serial: int) -> str:
    """INN of a sole trader: 12 digits.

    Example:
        >>> trader_inn("77", 1)
        '770000000156'
    """
    body = f"{region}00{serial:06d}"
    body += _digit(body, _PERSON_WEIGHTS_11)
    return body + _digit(body, _PERSON_WEIGHTS_12)


def company_ogrn(region: str, year: int, serial: int) -> str:
    """OGRN of a company: 13 digits."""
    body = f"1{year % 100:02d}{region}{serial:07d}"
    return body + str(int(body) % 11 % 10)


def trader_ogrn(region: str, year: int, serial: int) -> str:
    """OGRNIP of a sole trader: 15 digits."""
    body = f"3{year % 100:02d}{region}{serial:09d}"
    return body + str(int(body) % 13 % 10)


def company_kpp(region: str, reason: str = "01") -> str:
    """KPP; reason `01` = at the place of the company, `43` = of its branch."""
    return f"{region}00{reason}001"


def with_wrong_digit(inn: str) -> str:
    """The same INN with another last digit, so that its checksum fails."""
    return inn[:-1] + str((int(inn[-1]) + 3) % 10)


def as_spreadsheet_float(inn: str) -> str:
    """What a Russian spreadsheet shows for an INN it took for a number; the digits are gone.

    Example:
        >>> as_spreadsheet_float("7707083893")
        '7,71E+09'
    """
    return f"{int(inn):.2E}".replace(".", ",")


def _digit(body: str, weights: tuple[int, ...]) -> str:
    return str(sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11 % 10)
