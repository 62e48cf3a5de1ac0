"""`sexton permissions`: what a role of Sexton needs in a cloud, worked out from the kinds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import click

from api.commands.table import put_json
from engine.model import Role
from reapers.kind import kinds

EVERY_SCAN = {
    "aws": frozenset({"ec2:DescribeRegions", "sts:GetCallerIdentity"}),
    "gcp": frozenset({"resourcemanager.projects.get"}),
}
"""What scanning asks before it asks for any kind: which regions and projects there are."""


@click.command()
@click.argument("cloud", type=click.Choice(["aws", "gcp"]))
@click.option(
    "--role", type=click.Choice([str(role) for role in Role]), default="scan", show_default=True, help="One of the four roles."
)
@click.option("--kind", "only", multiple=True, metavar="KIND", help="Only what these kinds need.")
@click.option("--json", "_as_json", is_flag=True, help="Print JSON, which it always does.")
def command(cloud: str, role: str, only: tuple[str, ...], _as_json: bool) -> None:
    """Print the permissions of a role: an IAM policy for AWS, a custom role for GCP."""
    from api.ending import Stop

    unknown = [name for name in only if name not in kinds()]
    if unknown:
        raise Stop(f"There is no kind {unknown[0]!r}; `sexton kinds` lists them.")
    needed = permissions(cloud, Role(role), only)
    put_json(iam_policy(Role(role), needed) if cloud == "aws" else custom_role(Role(role), needed))


def permissions(cloud: str, role: Role, only: Iterable[str] = ()) -> list[str]:
    """The permissions of a role in a cloud, sorted."""
    chosen = tuple(only)
    of_kinds = (
        kind.needs.get(role, frozenset())
        for kind in kinds().values()
        if kind.cloud == cloud and (not chosen or kind.name in chosen)
    )
    always = EVERY_SCAN[cloud] if role is Role.SCAN else frozenset()
    return sorted(always.union(*of_kinds))


def iam_policy(role: Role, actions: Iterable[str]) -> dict[str, Any]:
    """An AWS policy document, one statement a service: a reviewer reads it by service."""
    services: defaultdict[str, list[str]] = defaultdict(list)
    for action in actions:
        services[action.split(":", 1)[0]].append(action)
    statements = [
        {"Sid": f"Sexton{str(role).title()}{_word(service)}", "Effect": "Allow", "Action": names, "Resource": "*"}
        for service, names in sorted(services.items())
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _word(service: str) -> str:
    """A service's name as a statement id may hold it: letters and digits."""
    return "".join(part.title() for part in service.split("-"))


def custom_role(role: Role, names: Iterable[str]) -> dict[str, Any]:
    """A role file for `gcloud iam roles create sexton_scan --project=… --file=…`, which reads JSON as YAML."""
    return {
        "title": f"Sexton {role}",
        "description": f"Made by `sexton permissions gcp --role {role}`.",
        "stage": "GA",
        "includedPermissions": list(names),
    }
