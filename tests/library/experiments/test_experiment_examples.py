import doctest
import importlib
import pkgutil

import pytest

import kogorta.experiments

MODULES = sorted(module.name for module in pkgutil.iter_modules(kogorta.experiments.__path__))


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name):
    result = doctest.testmod(importlib.import_module(f"kogorta.experiments.{name}"))
    assert result.failed == 0


def test_every_public_name_can_be_imported():
    for name in kogorta.experiments.__all__:
        assert getattr(kogorta.experiments, name).__module__.startswith("kogorta.experiments.")
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        kogorta.experiments.nothing  # noqa: B018
