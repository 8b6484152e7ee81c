"""No window of the large path gathers everybody in one task of Spark."""

import pytest
from tests.conformance.orders_made import opened
from tests.conformance.plans import plans_of_large_path, undivided_windows


def test_a_window_over_everybody_is_found_in_a_plan():
    frame = "specifiedwindowframe(RowFrame, unboundedpreceding$(), currentrow$())"
    divided = f"Window [sum(m#4L) windowspecdefinition(part#9, m#4L DESC NULLS LAST, id#1 ASC NULLS FIRST, {frame}) AS s#12L], [part#9]"
    whole = f"Window [sum(m#4L) windowspecdefinition(m#4L DESC NULLS LAST, {frame}) AS s#12L]"
    empty = f"Window [sum(m#4L) windowspecdefinition({frame}) AS s#12L]"
    assert undivided_windows(divided) == []
    assert undivided_windows(whole) == ["m#4L DESC NULLS LAST"]
    assert len(undivided_windows(f"{whole}\n{empty}\n{divided}")) == 2


@pytest.mark.engines
def test_real_spark_plans_no_window_over_everybody(running):
    engine, _, data = running
    if engine is None or type(engine.session).__module__.startswith("pyspark.sql.connect"):
        pytest.skip("the physical plan is asked of a driver in this process")
    base = opened(data)
    base.work_elsewhere(engine)
    plans = plans_of_large_path(engine, base)
    assert any("windowspecdefinition" in plan for plan in plans)
    assert [window for plan in plans for window in undivided_windows(plan)] == []
