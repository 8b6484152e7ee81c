import pytest
from babel.numbers import format_decimal
from hypothesis import example, given
from hypothesis import strategies as st

from kogorta.kit.language import Language


@pytest.mark.parametrize("code", ["ru", "en"])
@given(value=st.floats(-1e20, 1e20) | st.integers(-(10**14), 10**14), digits=st.integers(0, 6))
@example(value=-0.004, digits=2)
@example(value=2.5, digits=0)
@example(value=999_999_999_999.9995, digits=3)
def test_numbers_are_written_as_babel_writes_them(code, value, digits):
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    told = format_decimal(round(value, digits) + 0.0, format=pattern, locale=code).replace("\u202f", "\u00a0")
    assert Language(code).number(value, digits) == told
