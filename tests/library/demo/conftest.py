import pytest
from school_reader import Reading, read_school

from kogorta.demo import write_school


@pytest.fixture(scope="session")
def make_school(tmp_path_factory):
    made: dict[tuple, Reading] = {}

    def make(**options) -> Reading:
        key = tuple(sorted(options.items()))
        if key not in made:
            folder = tmp_path_factory.mktemp("school")
            made[key] = read_school(folder, write_school(folder, **options))
        return made[key]

    return make


@pytest.fixture(scope="session")
def school(make_school) -> Reading:
    """The main demo: the default options."""
    return make_school()
