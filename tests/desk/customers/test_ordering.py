import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kogorta.desk.customers.ordering import Edge, choose


@given(
    values=st.lists(st.integers(-3, 3), max_size=40),
    left_out=st.sets(st.integers(0, 39)),
    edge=st.none() | st.tuples(st.integers(-4, 4), st.integers(-1, 40)),
    size=st.integers(1, 12),
    down=st.booleans(),
    back=st.booleans(),
)
def test_a_page_is_what_sorting_everybody_gives(values, left_out, edge, size, down, back):
    numbers = [number for number in range(len(values)) if number not in left_out]

    def place(value, number):
        return (-value if down else value, -number if back else number)

    wanted = sorted(numbers, key=lambda number: place(values[number], number))
    if edge is not None:
        wanted = [number for number in wanted if place(values[number], number) > place(*edge)]
    found = choose(
        np.array(values, dtype=np.int64),
        np.array(numbers, dtype=np.int64),
        Edge(*edge) if edge is not None else None,
        size,
        down=down,
        back=back,
    )
    assert found == wanted[:size]
