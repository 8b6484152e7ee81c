"""RFM, ABC, XYZ and lifecycle once more in plain Python, sharing nothing with the product's SQL."""

from collections import defaultdict
from datetime import date
from fractions import Fraction
from itertools import pairwise
from statistics import median


def summaries(rows, as_of):
    """customer -> (days since last order, orders, money, first day, purchase days, money by day)."""
    found = defaultdict(lambda: {"orders": 0, "money": 0, "days": [], "ledger": defaultdict(int)})
    for customer, day, amount in rows:
        if day > as_of or amount == 0:
            continue
        one = found[customer]
        one["money"] += amount
        one["ledger"][day] += amount
        if amount > 0:
            one["orders"] += 1
            one["days"].append(day)
    return dict(found)


def cut(values, share):
    """Smallest value with at least this share of the values at or below it."""
    ordered = sorted(values)
    place = next(number for number in range(1, len(ordered) + 1) if Fraction(number, len(ordered)) >= share)
    return ordered[place - 1]


def codes(found, as_of, levels):
    """Code of every buyer, and the cut points."""
    buyers = {who: one for who, one in found.items() if one["orders"]}
    recency = {who: (as_of - max(one["days"])).days for who, one in buyers.items()}
    shares = [Fraction(number, levels) for number in range(1, levels)]
    cuts = [
        [cut(values, share) for share in shares]
        for values in (recency.values(), [one["orders"] for one in buyers.values()], [one["money"] for one in buyers.values()])
    ]
    result = {}
    for who, one in buyers.items():
        r = 1 + sum(recency[who] > bound for bound in cuts[0])
        f = levels - sum(one["orders"] > bound for bound in cuts[1])
        m = levels - sum(one["money"] > bound for bound in cuts[2])
        result[who] = f"{r}{f}{m}"
    return result, cuts


def abc(found):
    ordered = sorted(((one["money"], who) for who, one in found.items() if one["money"] > 0), key=lambda pair: (-pair[0], pair[1]))
    total, before, result = sum(money for money, _ in ordered), 0, dict.fromkeys(found, "none")
    for money, who in ordered:
        share = Fraction(before, total)
        result[who] = "A" if share < Fraction(80, 100) else "B" if share < Fraction(95, 100) else "C"
        before += money
    return result


def quarter(day):
    return day.year * 4 + (day.month - 1) // 3


def xyz(found, as_of):
    """Class and coefficient of variation by quarters complete at as-of."""
    tomorrow = date.fromordinal(as_of.toordinal() + 1)
    result = {}
    for who, one in found.items():
        if not one["days"]:
            continue
        first, last = quarter(min(one["days"])), quarter(tomorrow) - 1
        periods = max(last - first + 1, 0)
        if periods < 3:
            result[who] = ("early", None)
            continue
        sums = defaultdict(int)
        for day, money in one["ledger"].items():
            if quarter(day) <= last:
                sums[quarter(day)] += money
        values = [sums.get(place, 0) for place in range(first, last + 1)]
        outside = [money for place, money in sums.items() if place < first]
        mean = Fraction(sum(values) + sum(outside), periods)
        if mean <= 0:
            result[who] = ("Z", None)
            continue
        squares = Fraction(sum(value * value for value in values + outside), periods)
        cv = float((squares - mean * mean) / (mean * mean)) ** 0.5 if squares > mean * mean else 0.0
        result[who] = ("X" if cv <= 0.5 else "Y" if cv <= 1.0 else "Z", cv)
    return result


def lifecycle(found, as_of, mode):
    result = {}
    for who, one in found.items():
        if not one["days"]:
            result[who] = "prospect"
            continue
        days = sorted(set(one["days"]))
        silent = (as_of - days[-1]).days
        limit, gone = 30, 180
        if mode == "rhythm" and len(days) > 1:
            limit = max(2 * median((later - earlier).days for earlier, later in pairwise(days)), 14)
        if mode == "rhythm":
            gone = max(180, 3 * limit)
        if silent > gone:
            result[who] = "gone"
        elif one["orders"] == 1 and silent <= 30:
            result[who] = "new"
        elif silent <= limit:
            result[who] = "active"
        else:
            result[who] = "sleeping"
    return result
