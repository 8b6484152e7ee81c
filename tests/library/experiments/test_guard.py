import pytest

from kogorta.experiments.guard import Variant, check_single_change
from kogorta.kit.errors import InputError
from kogorta.kit.language import Language

BASE = {"subject": "Здравствуйте", "offer": "10 %", "body": "…"}


def test_one_declared_change_is_clean():
    check = check_single_change([Variant("A", BASE), Variant("B", BASE | {"subject": "Добрый день"})], "subject")
    assert check.clean
    assert not check.bundle
    assert "весь эффект" in check.words(Language("ru"))


def test_two_changes_are_a_bundle_and_named():
    check = check_single_change([Variant("A", BASE), Variant("B", BASE | {"subject": "!", "offer": "15 %"})], "subject")
    assert check.bundle
    assert "offer" in check.words(Language("en"))


def test_a_third_variant_counts():
    variants = [Variant("A", BASE), Variant("B", BASE | {"subject": "!"}), Variant("C", BASE | {"body": "?"})]
    assert check_single_change(variants, "subject").changed == ("body", "subject")


def test_nothing_changed_and_the_wrong_field_changed_are_told_apart():
    assert "nothing to test" in check_single_change([Variant("A", BASE), Variant("B", BASE)], "offer").words(Language("en"))
    other = check_single_change([Variant("A", BASE), Variant("B", BASE | {"body": "x"})], "offer")
    assert not other.clean
    assert "do not differ in offer" in other.words(Language("en"))


def test_blanks_do_not_make_a_change_and_missing_equals_empty():
    check = check_single_change([Variant("A", {"s": "x "}), Variant("B", {"s": "x", "offer": ""})], "s")
    assert check.changed == ()


@pytest.mark.parametrize(
    ("variants", "sentence"),
    [
        ([Variant("A", BASE)], "at least two"),
        ([Variant("A", BASE), Variant("A", BASE)], "same name"),
        ([Variant("A", BASE), Variant("B", BASE)], "declared field 'x'"),
    ],
)
def test_unusable_variants_are_refused(variants, sentence):
    with pytest.raises(InputError, match=sentence):
        check_single_change(variants, "x")
