"""The shortest rule that tells a group from everybody else: a small tree, its paths as conditions, thresholds rounded by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from kogorta.segments.hidden.terms import Condition, ShortRule, round_steps, term_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kogorta.segments.hidden.features import FeatureTable, Floats
    from kogorta.segments.hidden.terms import Term

    Truth = NDArray[np.bool_]
    Bounds = tuple[tuple[int, str, float], ...]

DEPTH: Final = 3
MOST_SETS: Final = 2
MOST_CONDITIONS: Final = 4
ROUNDING_COST: Final = 0.01
"""F1 a rounder number may cost."""


@dataclass(frozen=True)
class ToldRule:
    """A rule and how well it tells its group, after rounding.

    Args:
        rule: the rule.
        precision: share of those it takes who are of the group.
        recall: share of the group it takes.
    """

    rule: ShortRule
    precision: float
    recall: float

    @property
    def score(self) -> float:
        """Harmonic mean of the two (F1)."""
        return 2 * self.precision * self.recall / max(self.precision + self.recall, 1e-9)


def tell_group(table: FeatureTable, rows: NDArray[np.intp], member: Truth, terms: Sequence[Term]) -> ToldRule | None:
    """The shortest good rule for a group.

    Args:
        table: the features.
        rows: customers looked at.
        member: which of them are in the group, shape as `rows`.
        terms: figures the rule may use.

    Returns:
        The rule of the smallest tree that is nearly as good as the best one, or None when there is no short one.

    Source: classification trees of Breiman, Friedman, Olshen and Stone (1984).
    """
    from sklearn.tree import DecisionTreeClassifier  # type: ignore[import-untyped]

    values = np.column_stack([term_values(term, table)[rows] for term in terms])
    filled = np.where(np.isnan(values), -1.0, values)
    best: tuple[float, tuple[Bounds, ...]] | None = None
    for depth in range(1, DEPTH + 1):
        tree = DecisionTreeClassifier(max_depth=depth, min_samples_leaf=max(5, int(member.sum()) // 50), random_state=0)
        tree.fit(filled, member)
        sets = _paths(tree.tree_)
        if not sets or len(sets) > MOST_SETS:
            continue
        sets = _pruned(sets, values, member)
        score = _f1(_inside(sets, values), member)
        if best is None or score > best[0] + 0.02:
            best = score, sets
    if best is None:
        return None
    sets = _pruned(_rounded(best[1], values, member, terms), values, member)
    if sum(map(len, sets)) > MOST_CONDITIONS:
        return None
    taken = _inside(sets, values)
    hits = float((taken & member).sum())
    rule = ShortRule(tuple(tuple(Condition(terms[place], ">=" if op == ">=" else "<", bound) for place, op, bound in one) for one in sets))
    return ToldRule(rule, hits / max(float(taken.sum()), 1.0), hits / max(float(member.sum()), 1.0))


def _paths(tree: object) -> tuple[Bounds, ...]:
    """Conjunctions that lead to leaves of the group; subtrees of one answer are taken whole."""
    left, right = getattr(tree, "children_left"), getattr(tree, "children_right")  # noqa: B009
    column, bound, value = getattr(tree, "feature"), getattr(tree, "threshold"), getattr(tree, "value")  # noqa: B009
    sets: list[Bounds] = []

    def answers(node: int) -> set[bool]:
        if left[node] < 0:
            return {bool(value[node][0][-1] > value[node][0][0]) if value[node].shape[1] > 1 else False}
        return answers(left[node]) | answers(right[node])

    def walk(node: int, path: Bounds) -> None:
        given = answers(node)
        if len(given) == 1:
            if given == {True} and path:
                sets.append(_merged(path))
            return
        place, limit = int(column[node]), float(bound[node])
        walk(left[node], (*path, (place, "<", limit)))
        walk(right[node], (*path, (place, ">=", limit)))

    walk(0, ())
    return tuple(sets)


def _merged(path: Bounds) -> Bounds:
    """Keep the tightest bound of each side of each column."""
    kept: dict[tuple[int, str], float] = {}
    for place, op, limit in path:
        have = kept.get((place, op))
        kept[place, op] = limit if have is None else (max(have, limit) if op == ">=" else min(have, limit))
    return tuple((place, op, limit) for (place, op), limit in kept.items())


def _inside(sets: Sequence[Bounds], values: Floats) -> Truth:
    found = np.zeros(len(values), dtype=np.bool_)
    for one in sets:
        found |= np.logical_and.reduce([values[:, place] >= limit if op == ">=" else values[:, place] < limit for place, op, limit in one])
    return found


def _f1(taken: Truth, member: Truth) -> float:
    return 2 * float((taken & member).sum()) / max(float(taken.sum() + member.sum()), 1.0)


def _pruned(sets: tuple[Bounds, ...], values: Floats, member: Truth) -> tuple[Bounds, ...]:
    """Leave out sets and conditions that change next to nothing."""
    best = _f1(_inside(sets, values), member)
    changed = True
    while changed:
        changed = False
        shorter = [(*sets[:at], *sets[at + 1 :]) for at in range(len(sets)) if len(sets) > 1]
        for at, one in enumerate(sets):
            if len(one) > 1:
                shorter += [(*sets[:at], (*one[:cut], *one[cut + 1 :]), *sets[at + 1 :]) for cut in range(len(one))]
        for candidate in shorter:
            score = _f1(_inside(candidate, values), member)
            if score >= best - 0.005:
                sets, best, changed = candidate, max(best, score), True
                break
    return sets


def _rounded(sets: tuple[Bounds, ...], values: Floats, member: Truth, terms: Sequence[Term]) -> tuple[Bounds, ...]:
    """Every threshold as round as it can be at little cost."""
    floor = _f1(_inside(sets, values), member) - ROUNDING_COST
    for at, one in enumerate(sets):
        for number, (place, op, limit) in enumerate(one):
            best: tuple[float, float, tuple[Bounds, ...]] | None = None
            for step in round_steps(terms[place].unit, limit):
                for times in {np.floor(limit / step), np.ceil(limit / step)}:
                    bound = float(round(times * step, 6))
                    if bound <= 0:
                        continue
                    changed = (*one[:number], (place, op, bound), *one[number + 1 :])
                    candidate = (*sets[:at], changed, *sets[at + 1 :])
                    score = _f1(_inside(candidate, values), member)
                    if score >= floor and (best is None or score > best[0]):
                        best = score, bound, candidate
                if best is not None:
                    break
            if best is not None:
                sets = best[2]
                one = sets[at]
    return sets
