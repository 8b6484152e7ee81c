"""The group `kogorta segment`: commands that live in modules of their own are loaded when they are called."""

from __future__ import annotations

from importlib import import_module
from typing import Final

import click

MORE: Final = {
    "benefits": ("insight_commands", "benefits"),
    "cohorts": ("moves_commands", "cohorts"),
    "delete": ("rule_commands", "delete"),
    "demography": ("insight_commands", "demography"),
    "diff": ("rule_commands", "diff"),
    "drivers": ("insight_commands", "drivers"),
    "explain": ("rule_commands", "explain"),
    "hidden": ("insight_commands", "hidden"),
    "history": ("moves_commands", "history"),
    "jobs": ("insight_commands", "jobs"),
    "loyalty-degree": ("insight_commands", "loyalty_degree"),
    "rule": ("rule_commands", "rule"),
    "save": ("rule_commands", "save"),
    "saved": ("rule_commands", "saved"),
}
"""Name of a command -> its module and its function."""


class SegmentGroup(click.Group):
    """A group with the commands of `MORE` beside its own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in order."""
        return sorted([*super().list_commands(ctx), *MORE])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, from its module when it is one of `MORE`."""
        if cmd_name not in MORE:
            return super().get_command(ctx, cmd_name)
        module, name = MORE[cmd_name]
        command: click.Command = getattr(import_module(f"kogorta.cli.{module}"), name)
        return command
