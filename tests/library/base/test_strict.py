import pytest

import kogorta as kg


def test_a_strict_import_refuses_the_whole_file_and_leaves_the_base_as_it_was(tmp_path):
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("customer_id,date,amount\na,2026-01-01,100\n")
    bad.write_text("customer_id,date,amount\nb,2026-01-01,200\nc,yesterday,300\n")
    base = kg.open_base(tmp_path / "base")
    base.add(kg.read_deals(good), kg.IntakeOptions(strict=True))
    with pytest.raises(kg.InputError, match=r"bad\.csv: 1 rows cannot be used .* date_malformed, row 3"):
        base.add(kg.read_deals(bad), kg.IntakeOptions(strict=True))
    for opened in (base, kg.open_base(tmp_path / "base")):
        assert [row["customer_id"] for row in opened.table("customers").dicts()] == ["a"]
        assert opened.sources == ("good.csv",)
