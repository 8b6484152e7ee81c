import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

SOURCE = Path(__file__).parents[3] / "src" / "kogorta"
CATALOGS = sorted((SOURCE / "locale" / "ru" / "LC_MESSAGES").glob("*.po"))
ONE_TEXT = {"text", "phrase", "message", "spoken", "lazy_text", "NotFoundError", "DeniedError", "ConflictError", "DeskError"}
ERRORS = {"InputError", "OptionError", "KogortaError"}
TAG = re.compile(r"\{%\s*(text|plural)\s+(.*?)%\}", re.DOTALL)
QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")
PLACEHOLDER = re.compile(r"\{(\w+)(?:[!:][^}]*)?\}")


def name_of(function):
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def texts_of(path):
    """Every English text in a file that is to be translated, with its plural where it has one."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = name_of(node.func)
        words = [item.value for item in node.args if isinstance(item, ast.Constant) and isinstance(item.value, str)]
        first = isinstance(node.args[0], ast.Constant) and words and words[0].strip()
        if name == "plural" and len(words) == 2:
            yield words[0], words[1]
        elif first and (name in ONE_TEXT or name in ERRORS or (name == "step" and "." not in words[0])):
            yield words[0], None


def entries(path):
    with path.open("rb") as stream:
        return list(read_po(stream, locale="ru"))


def texts_of_template(path):
    """The same of a template: `{% text "..." %}` and `{% plural "..." "..." n %}`."""
    for name, rest in TAG.findall(path.read_text(encoding="utf-8")):
        words = [first or second for first, second in QUOTED.findall(rest)]
        yield (words[0], words[1]) if name == "plural" else (words[0], None)


def all_texts():
    found = {text: plural for path in sorted(SOURCE.rglob("*.py")) for text, plural in texts_of(path)}
    return found | {text: plural for path in sorted(SOURCE.rglob("*.html")) for text, plural in texts_of_template(path)}


def all_translations():
    found = {}
    for path in CATALOGS:
        for entry in entries(path):
            if entry.id:
                key = entry.id[0] if isinstance(entry.id, tuple) else entry.id
                found[key] = (path.name, entry.string)
    return found


def test_every_text_a_reader_sees_has_a_russian_translation():
    known = all_translations()
    missing = sorted(text for text in all_texts() if text not in known or not any(known[text][1]))
    assert missing == []


def test_the_command_line_has_its_own_catalog_so_that_help_is_quick():
    """`spoken` reads cli.po alone; a text kept in another catalog would be shown in English."""
    own = {entry.id for entry in entries(SOURCE / "locale" / "ru" / "LC_MESSAGES" / "cli.po")}
    said = [node for path in (SOURCE / "cli").rglob("*.py") for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    said = [node.args[0] for node in said if isinstance(node, ast.Call) and name_of(node.func) == "spoken"]
    assert [text.value for text in said if isinstance(text, ast.Constant) and text.value not in own] == []


def test_plural_texts_have_three_russian_forms():
    known = all_translations()
    wrong = [text for text, plural in all_texts().items() if plural and not (isinstance(known[text][1], tuple) and all(known[text][1]))]
    assert wrong == []


def test_translations_keep_the_placeholders():
    wrong = []
    for text, (catalog, translated) in all_translations().items():
        for form in translated if isinstance(translated, tuple) else (translated,):
            if form and set(PLACEHOLDER.findall(form)) - set(PLACEHOLDER.findall(text)) - {"count"}:
                wrong.append((catalog, text, form))
    assert wrong == []


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.name)
def test_a_catalogue_translates_each_text_once(path):
    text = path.read_text(encoding="utf-8")
    keys = re.findall(r'^msgid "(.+)"$', text, flags=re.MULTILINE)
    assert len(keys) == len(set(keys))


def test_two_catalogues_never_disagree_about_a_text():
    found = {}
    for path in CATALOGS:
        for entry in entries(path):
            if entry.id:
                found.setdefault(entry.id, set()).add(entry.string)
    assert {key: values for key, values in found.items() if len(values) > 1} == {}


def test_templates_hold_no_words_outside_of_the_tags_that_translate_them():
    own = {"Kogorta", "English", "Русский"}
    found = []
    for path in sorted(SOURCE.rglob("*.html")):
        text = re.sub(
            r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<script.*?</script>|<[^>]*>", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL
        )
        found += [(path.name, word) for word in re.findall(r"[^\W\d_]{2,}", text) if word not in own]
    assert found == []
