"""Text on the coloured cells of the grid can be read, by daylight and in the dark (WCAG 2.2: 4.5 to 1)."""

import re
from pathlib import Path

import pytest

import kogorta

SHEET = (Path(kogorta.__file__).parent / "desk" / "web" / "static" / "desk" / "desk.css").read_text(encoding="utf-8")
LEVEL = re.compile(r"\.heat-(\d) \{ background: (#[0-9a-f]{6});(?: color: (#[0-9a-f]{6});)? \}")
DARK = SHEET.rindex("@media (prefers-color-scheme: dark)", 0, SHEET.index(".heat-0", SHEET.index(".heat-6")))


def levels(text):
    found = {}
    for number, ground, ink in LEVEL.findall(text):
        found[number] = (ground, ink or found[number][1])  # later rules win
    return found


def light(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("sheet", [SHEET[:DARK], SHEET[DARK:]], ids=["by daylight", "in the dark"])
def test_text_on_every_level_of_the_grid_can_be_read(sheet):
    found = levels(sheet)
    assert sorted(found) == list("0123456")
    assert {number: round(contrast(*pair), 2) for number, pair in found.items() if contrast(*pair) < 4.5} == {}


@pytest.mark.parametrize("sheet", [SHEET[:DARK], SHEET[DARK:]], ids=["by daylight", "in the dark"])
def test_levels_of_the_grid_go_one_way(sheet):
    found = levels(sheet)
    lights = [light(found[number][0]) for number in "0123456"]
    assert lights in (sorted(lights), sorted(lights, reverse=True))
