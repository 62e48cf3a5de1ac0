"""`sexton restore`: bring it back."""

from __future__ import annotations

import click

from api.commands.cases import as_json, say, the_case_argument, with_reason


@click.command()
@the_case_argument
@with_reason
@as_json
def command(case: str, reason: str, as_json: bool) -> None:
    """Bring back what was deleted, or start what was stopped. An operator or the owning team may."""
    say(case, "restore", {"reason": reason}, as_json)
