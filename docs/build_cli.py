"""Write docs/ru/cli.md and docs/en/cli.md from the commands themselves; `--check` only compares.

Run it after a change of a command or of its help: `.venv/bin/python docs/build_cli.py`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    import click

DOCS: Final = Path(__file__).parent

WORDS: Final = {
    "ru": {
        "title": "Команды",
        "intro": (
            "Эта страница собирается из самих команд скриптом `docs/build_cli.py`; проверка в тестах следит, чтобы она не отстала.\n\n"
            "Язык справки и сообщений задаёт `--language` или переменная окружения `KOGORTA_LANGUAGE` (`ru` или `en`), "
            "по умолчанию русский. У каждой команды есть `--help`, у `kogorta` — ещё `--version`. "
            "Сообщения о ходе работы идут в стандартный поток ошибок, "
            "результат — в стандартный вывод; с `--json` там ровно один документ JSON.\n\n"
            "Код возврата: `0` — готово, `1` — не получилось, `2` — неверная команда или вход, которым нельзя воспользоваться; "
            "тогда печатается одно предложение о том, что не так и что сделать.\n\n"
            "Формулы для `kogorta segment rule` и соседних команд описывает [язык правил](rules.md)."
        ),
        "headers": ("Параметр", "Значения", "По умолчанию", "Что делает"),
        "flag": "флаг",
        "required": "обязателен",
        "repeat": "можно повторять",
    },
    "en": {
        "title": "Commands",
        "intro": (
            "This page is built from the commands themselves by `docs/build_cli.py`; a test watches that it does not fall behind.\n\n"
            "The language of help and messages is set by `--language` or the environment variable `KOGORTA_LANGUAGE` (`ru` or `en`), "
            "Russian by default. Every command has `--help`, `kogorta` also has `--version`. "
            "Progress goes to standard error, the result to standard output; "
            "with `--json` there is exactly one JSON document.\n\n"
            "Exit codes: `0` done, `1` failed, `2` a wrong command or unusable input; then one sentence says what is wrong and what to do."
            "\n\n"
            "The formulas of `kogorta segment rule` and its kin are described in [the rule language](rules.md)."
        ),
        "headers": ("Option", "Values", "Default", "What it does"),
        "flag": "flag",
        "required": "required",
        "repeat": "may be repeated",
    },
}


def page(language: str) -> str:
    """The whole page; the process must have been started with KOGORTA_LANGUAGE set to `language`."""
    from kogorta.cli.main import commands

    words = WORDS[language]
    parts = [f"# {words['title']}", str(words["intro"])]
    for path, command in _leaves("kogorta", commands):
        parts += _section(path, command, language)
    return "\n\n".join(parts) + "\n"


def _leaves(path: str, group: click.Command) -> Iterator[tuple[str, click.Command]]:
    import click

    if not isinstance(group, click.Group):
        yield path, group
        return
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if found is not None:
            yield from _leaves(f"{path} {name}", found)


def _section(path: str, command: click.Command, language: str) -> Iterator[str]:
    import click

    words = WORDS[language]
    arguments = [item for item in command.params if isinstance(item, click.Argument)]
    usage = " ".join([path, *(item.make_metavar(click.Context(command)) for item in arguments)])
    yield f"## {path}"
    yield str(command.help)
    yield f"```text\n{usage}\n```"
    rows = [_row(item, language) for item in command.params if isinstance(item, click.Option) and "--help" not in item.opts]
    headers = list(words["headers"])
    yield "\n".join(["| " + " | ".join(row) + " |" for row in (headers, ["---"] * len(headers), *rows)])


def _row(option: click.Option, language: str) -> list[str]:
    import click

    words = WORDS[language]
    if option.is_flag:
        values = str(words["flag"])
    elif isinstance(option.type, click.Choice):
        values = ", ".join(f"`{choice}`" for choice in option.type.choices)
    else:
        values = f"`{option.metavar or option.type.name.upper()}`"
    if option.multiple:
        values += f", {words['repeat']}"
    default = option.default
    if option.required:
        shown = str(words["required"])
    elif option.is_flag or option.multiple or default is None or "UNSET" in str(default).upper():
        shown = ""
    else:
        shown = "`ru`" if callable(default) else f"`{default}`"
    cells = [f"`{', '.join(option.opts)}`", values, shown, option.help or ""]
    return [cell.replace("|", "\\|") for cell in cells]


def _render(language: str) -> str:
    """The page from a process of its own: help texts are settled when the commands are loaded."""
    environment = {**os.environ, "KOGORTA_LANGUAGE": language, "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, __file__, "--print", language]
    done = subprocess.run(command, env=environment, capture_output=True, check=True)  # noqa: S603 - this very script
    return str(json.loads(done.stdout))


def main(arguments: list[str]) -> int:
    """Write the pages, or compare them with `--check`: exit code 1 when one has fallen behind."""
    if arguments[:1] == ["--print"]:
        sys.stdout.write(json.dumps(page(arguments[1])))
        return 0
    behind = 0
    for language in WORDS:
        path = DOCS / language / "cli.md"
        text = _render(language)
        if arguments == ["--check"]:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                sys.stderr.write(f"{path.relative_to(DOCS.parent)} has fallen behind the commands; run docs/build_cli.py\n")
                behind = 1
        else:
            path.write_text(text, encoding="utf-8")
    return behind


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
