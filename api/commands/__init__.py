"""The commands, one module each. `sexton --help` reads this table alone; a module is imported when its command is called."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from keyword import iskeyword
from typing import Any

import click

COMMANDS: Mapping[str, str] = {
    "demo": "Play the whole story on this machine.",
    "init": "Start a policy repository in a new folder.",
    "validate": "Check policy documents and show all problems.",
    "test": "Run policy tests.",
    "import": "Translate policies of other programs.",
    "scan": "Take an inventory of the clouds.",
    "plan": "Show what policies match, or what a change of them would do.",
    "review": "Say on a pull request what its change of policies would do.",
    "backtest": "Play policies over the past: what they would have taken, and what was wanted later.",
    "explain": "Say why a resource is found, spared or undecided.",
    "query": "Ask the inventories in SQL.",
    "run": "Run the loop: scan, judge, tell, act.",
    "serve": "Run the loop with its API and metrics.",
    "cases": "See cases and answer them.",
    "restore": "Bring back what was stopped or deleted.",
    "drill": "Delete and restore canaries, and compare.",
    "freeze": "Halt every act, at once.",
    "unfreeze": "Let acts go on.",
    "release": "List what is held, or let it go on.",
    "recover": "Go on after the ledger was restored from a backup.",
    "audit": "Verify or export the audit trail.",
    "token": "Make a token for a person.",
    "kinds": "List the kinds of resources and what can be done to them.",
    "permissions": "Print the cloud permissions a role needs.",
    "doctor": "Check settings, credentials and connections.",
}
"""Command -> its line in the list of commands."""


class Lazy(click.Group):
    """A group whose commands are modules of this package, each with a `command`."""

    def __init__(self, *args: Any, commands_table: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.table = commands_table

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names in the order in which people meet them."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import one command; None for a name that is not in the table."""
        if cmd_name not in self.table:
            return None
        module = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command = importlib.import_module(f"api.commands.{module}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """The list of commands, from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.table.items()))
