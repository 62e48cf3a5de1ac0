"""`sexton permissions`: what a role of Sexton may do in a cloud, worked out from the kinds."""

from __future__ import annotations

from pathlib import Path

import click

from api.commands.table import put_json
from engine.model import Role
from reapers.kind import kinds


@click.command()
@click.argument("cloud", type=click.Choice(["aws", "gcp"]))
@click.option(
    "--role", type=click.Choice([str(role) for role in Role]), default="scan", show_default=True, help="One of the four roles."
)
@click.option("--kind", "only", multiple=True, metavar="KIND", help="Only what these kinds need.")
@click.option(
    "--policies",
    type=click.Path(path_type=Path),
    help="Deny the role delete what these policies protect, and leave out kinds that none of them deletes without a condition.",
)
@click.option("--json", "_as_json", is_flag=True, help="Print JSON, which it always does.")
def command(cloud: str, role: str, only: tuple[str, ...], policies: Path | None, _as_json: bool) -> None:
    """Print a role: an IAM policy with its conditions for AWS, a custom role for GCP."""
    from api.ending import Stop
    from reapers.permissions import Wish, role_of

    unknown = [name for name in only if name not in kinds()]
    if unknown:
        raise Stop(f"There is no kind {unknown[0]!r}; `sexton kinds` lists them.")
    wish = Wish(only=frozenset(only))
    if policies is not None:
        from api.judging import from_folder

        wish = Wish.of(from_folder(policies).policies, only)
    put_json(role_of(cloud, Role(role), wish))
