"""Fellegi and Sunter's model of record linkage as Splink computes it: the only file that knows Splink.

Shares of grades among pairs of two customers are counted on random pairs, shares among pairs of one customer are learnt by expectation
maximisation on the cards as the sources named them (those that exact keys join later among them: they are the best examples there are).
Both are blended with the shares of `comparisons`, so that a base too small to learn from keeps those.

Source:
    I. Fellegi, A. Sunter. A theory for record linkage. JASA 64 (1969), 1183-1210. R. Linacre et al. Splink: free software for
    probabilistic record linkage at scale. International Journal of Population Data Science 7 (2022).
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from kogorta.base.matching.comparisons import TRAINING, TRAITS
from kogorta.kit.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kogorta.base.matching.comparisons import Level, Trait

SEED: Final = 20_261_127
PAIRS_TO_COUNT: Final = 1_000_000
"""Random pairs whose grades are counted."""
PAIRS_TO_LEARN: Final = 500_000
PRIOR_APART: Final = 10_000
"""Pairs of two customers that the starting shares weigh as much as."""
PRIOR_SAME: Final = 60
"""Pairs of one customer that the starting shares weigh as much as."""
LEAST_TO_LEARN: Final = 20
"""Pairs within a training rule below which nothing is learnt from it."""


@dataclass(frozen=True)
class Weights:
    """The traits with the shares a base taught; `learnt` names traits whose shares among one customer's pairs were learnt."""

    kind: str
    traits: tuple[Trait, ...]
    learnt: tuple[str, ...] = ()


def learn(api: Any, kind: str, customers: str, cards: str, rows: int) -> Weights:  # noqa: ANN401
    """Learn the shares of grades.

    Args:
        api: Splink's door to an engine.
        kind: `person` or `company`.
        customers: table of customers after exact keys.
        cards: table of cards as the sources named them.
        rows: customers in the first.
    """
    traits = TRAITS[kind]
    if rows < 2:
        return Weights(kind, traits)
    with _quiet():
        linker = _linker(api, customers, Weights(kind, traits), 1e-4)
        linker.training.estimate_u_using_random_sampling(PAIRS_TO_COUNT, seed=SEED, min_count_per_level=None, num_chunks=1)
        counted = min(rows * (rows - 1) // 2, PAIRS_TO_COUNT)
        traits = tuple(
            _blend(trait, shares, "apart", counted, PRIOR_APART)
            for trait, shares in zip(traits, _shares(linker, "u_probability"), strict=True)
        )
        found: dict[str, list[tuple[float, list[float | None]]]] = {}
        for columns in TRAINING[kind]:
            _train(api, Weights(kind, traits), cards, columns, found)
    learnt = []
    for place, trait in enumerate(traits):
        seen = found.get(trait.name, [])
        total = sum(weight for weight, _ in seen)
        if total:
            shares: list[float | None] = [sum(w * (s[i] or 0.0) for w, s in seen) / total for i in range(len(trait.levels))]
            traits = (*traits[:place], _blend(trait, shares, "same", total, PRIOR_SAME), *traits[place + 1 :])
            learnt.append(trait.name)
    return Weights(kind, traits, tuple(learnt))


def score(api: Any, weights: Weights, customers: str, prior: float, least: float) -> str:  # noqa: ANN401
    """Compare the cards that share a blocking key.

    Args:
        api: Splink's door to an engine.
        weights: shares of grades.
        customers: table of cards with their `block_keys`.
        prior: chance that two cards taken at random are one customer.
        least: pairs whose probability is below this are left out.

    Returns:
        Name of a table of `unique_id_l`, `unique_id_r`, `match_weight` and a `gamma_` column for each trait.
    """
    with _quiet():
        linker = _linker(api, customers, weights, prior)
        return str(linker.inference.predict(threshold_match_probability=least, warning_mode="never").physical_name)


def duck_api(connection: Any) -> Any:  # noqa: ANN401
    """Splink's door to DuckDB.

    Raises:
        MissingExtraError: Splink is not installed.
    """
    try:
        from splink.backends.duckdb import DuckDBAPI
    except ImportError as error:
        raise MissingExtraError("splink", "match") from error
    return DuckDBAPI(connection=connection)


def spark_api(session: Any) -> Any:  # noqa: ANN401
    """Splink's door to Spark, through Spark Connect as well; its Java functions are not needed.

    Raises:
        MissingExtraError: Splink or a Spark client is not installed.
    """
    try:
        from splink.backends.spark import SparkAPI
    except ImportError as error:
        raise MissingExtraError("splink", "match") from error
    made: Any = SparkAPI
    return made(spark_session=session, register_udfs_automatically=False, break_lineage_method="persist")


def _train(
    api: Any,  # noqa: ANN401
    weights: Weights,
    cards: str,
    columns: tuple[str, ...],
    found: dict[str, list[tuple[float, list[float | None]]]],
) -> None:
    """Learn the shares of every trait that the training rule does not fix; a rule that finds too few pairs teaches nothing."""
    from splink import block_on

    known = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    groups = api.query_sql(
        f"SELECT sum(n * (n - 1) / 2) AS pairs FROM (SELECT count(*) AS n FROM {cards} WHERE {known} GROUP BY {', '.join(columns)}) AS g"
    )
    pairs = float(groups.as_record_list()[0]["pairs"] or 0)
    groups.drop_table_from_database_and_remove_from_cache()
    if pairs < LEAST_TO_LEARN:
        return
    linker = _linker(api, cards, weights, 1e-4)
    try:
        session = linker.training.estimate_parameters_using_expectation_maximisation(
            block_on(*columns),
            estimate_without_term_frequencies=True,
            max_pairs=PAIRS_TO_LEARN,
            record_sample_proportion=1.0 if pairs < PAIRS_TO_LEARN else 0.2,
        )
    except ValueError:
        return  # all pairs within the rule are of one sort: the shares of the other sort run to zero, and there is nothing to learn
    matches = session.core_model_settings.probability_two_random_records_match * min(pairs, PAIRS_TO_LEARN)
    for trait, shares in zip(weights.traits, _shares(linker, "m_probability"), strict=True):
        if not set(columns) & _columns_of(trait):
            found.setdefault(trait.name, []).append((matches, shares))


def _columns_of(trait: Trait) -> set[str]:
    used = {level.what for level in trait.levels if level.grade in {"equal", "shared", "within"}}
    return used | {name for name in ("surname", "first", "city", "company", "email_own", "phone_tail") if f'"{name}_l"' in repr(trait)}


def _shares(linker: Any, which: str) -> list[list[float | None]]:  # noqa: ANN401
    """Trained shares by trait and level; None where a level was not met."""
    found = []
    for comparison in linker.misc.save_model_to_json()["comparisons"]:
        levels = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
        values = [level.get(which) for level in levels]
        found.append([float(value) if isinstance(value, (int, float)) else None for value in values])
    return found


def _blend(trait: Trait, shares: list[float | None], field: str, seen: float, prior: float) -> Trait:
    """Shares met and shares to start from, each weighing as many pairs as it stands for; they add up to one."""
    mixed = [
        (seen * (share or 0.0) + prior * getattr(level, field)) / (seen + prior) for level, share in zip(trait.levels, shares, strict=True)
    ]
    total = sum(mixed)
    return replace(
        trait,
        levels=tuple(replace(level, **{field: round(value / total, 9)}) for level, value in zip(trait.levels, mixed, strict=True)),
    )


def _linker(api: Any, table: str, weights: Weights, prior: float) -> Any:  # noqa: ANN401
    from splink import Linker, SettingsCreator, block_on

    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[_comparison(trait) for trait in weights.traits],
        blocking_rules_to_generate_predictions=[block_on("block_keys", arrays_to_explode=["block_keys"])],
        probability_two_random_records_match=prior,
        retain_matching_columns=True,
        retain_intermediate_calculation_columns=False,
        max_iterations=40,
    )
    return Linker(api.register(table), settings, log_level=None)


def _comparison(trait: Trait) -> Any:  # noqa: ANN401
    from splink import comparison_level_library as grades
    from splink import comparison_library

    levels: list[Any] = [grades.CustomLevel(trait.unknown, base_dialect_str="duckdb").configure(is_null_level=True)]
    for level in trait.levels:
        made = _level(level)
        levels.append(made.configure(m_probability=level.same, u_probability=level.apart, label_for_charts=level.slug))
    return comparison_library.CustomComparison(output_column_name=trait.name, comparison_levels=levels)


def _level(level: Level) -> Any:  # noqa: ANN401
    from splink import comparison_level_library as grades

    if level.grade == "equal":
        return grades.ExactMatchLevel(level.what, term_frequency_adjustments=level.by_term)
    if level.grade == "shared":
        return grades.ArrayIntersectLevel(level.what, min_intersection=1)
    if level.grade == "within":
        return grades.ArraySubsetLevel(level.what)
    if level.grade == "condition":
        return grades.CustomLevel(level.what, base_dialect_str="duckdb")
    return grades.ElseLevel()


@contextmanager
def _quiet() -> Iterator[None]:
    """Splink speaks through logging of things a user cannot act on."""
    log = logging.getLogger("splink")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)
