"""The definitions that ship, and those a person keeps in files of his own."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kogorta.kit.checks import check_choice
from kogorta.kit.errors import InputError
from kogorta.segments.evidence.reading import LARGEST, parse_definition

if TYPE_CHECKING:
    from kogorta.segments.evidence.definition import Definition

SHIPPED: Final = (
    "benefits", "loyalty_degree", "jobs",
    "age", "gender", "market", "role", "region", "city", "time_zone", "climate", "education", "income",
)  # fmt: skip
"""Names of the definitions that ship."""


def definition_text(name: str) -> str:
    """The YAML of a shipped definition: what a person reads, copies and edits.

    Raises:
        OptionError: there is no such definition.

    Example:
        >>> definition_text("gender").splitlines()[1]
        'name: gender'
    """
    check_choice("definition", name, SHIPPED)
    return (resources.files("kogorta.segments.evidence") / "definitions" / f"{name}.yaml").read_text(encoding="utf-8")


@cache
def shipped(name: str) -> Definition:
    """A shipped definition.

    Raises:
        OptionError: there is no such definition.

    Example:
        >>> [found.name for found in shipped("benefits").classes]
        ['economy', 'service', 'urgency']
    """
    return parse_definition(definition_text(name), f"{name}.yaml")


def read_definition(path: Path | str) -> Definition:
    """A definition from a person's own YAML file.

    Args:
        path: the file, UTF-8.

    Returns:
        The definition, every name and number of it checked.

    Raises:
        InputError: the file cannot be read or is no definition.
    """
    path = Path(path)
    try:
        with path.open("rb") as stream:
            raw = stream.read(LARGEST + 1)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise InputError("The definition {file} cannot be read: {problem}.", file=str(path), problem=error.strerror or "") from error
    except UnicodeDecodeError as error:
        raise InputError("The definition {file} is not UTF-8 text; save it in UTF-8.", file=str(path)) from error
    return parse_definition(text, path.name)
