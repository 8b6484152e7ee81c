"""Every analysis gives the same rows on every engine."""

import pytest
from tests.conformance.analyses import ANALYSES
from tests.conformance.equality import compare


@pytest.mark.parametrize("name", ANALYSES)
def test_an_analysis_gives_the_rows_of_the_embedded_engine(name, beside, running, expected_of, record_property):
    _, size, _ = running
    verdict = compare(ANALYSES[name](beside), expected_of(size)[name])
    record_property("rows", f"{verdict.equal}/{verdict.expected}")
    assert verdict.same, f"{verdict.equal} of {verdict.expected} rows are equal, {verdict.rows} found; {verdict.first}"
