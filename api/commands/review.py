"""`sexton review`: what a pipeline runs for a pull request. One comment, annotations, and 1 where somebody must look at it."""

from __future__ import annotations

from pathlib import Path

import click

from api.ending import DONE, FAILED, MISUSE, Stop


@click.command()
@click.option("--base", required=True, metavar="REV", help="The branch that the change goes to, or its commit.")
@click.option("--head", required=True, metavar="REV", help="The newest commit of the change.")
@click.option("--policies", type=click.Path(path_type=Path), default=Path("policies"), show_default=True, help="The folder.")
@click.option("--server-url", metavar="URL", help="Ask this Sexton server: the inventory stays there.")
@click.option(
    "--inventory", type=click.Path(path_type=Path), help="Compare here, on a snapshot or the newest of a folder of them."
)
@click.option("--forge", type=click.Choice(["github", "gitlab"]), default="github", show_default=True)
@click.option("--pull-request", type=click.IntRange(1), metavar="N", help="Keep one comment there; left out, none is written.")
def command(  # noqa: PLR0913 - one argument for each option
    base: str,
    head: str,
    policies: Path,
    server_url: str | None,
    inventory: Path | None,
    forge: str,
    pull_request: int | None,
) -> int:
    """Say on a pull request what its change of policies would do. For pipelines: no settings file is read.

    Exit 1 when it needs somebody's review or does not load. The environment says the rest: GITHUB_TOKEN, GITHUB_REPOSITORY,
    GITHUB_API_URL and the run's OIDC token on GitHub, GITLAB_TOKEN, CI_PROJECT_ID and CI_API_V4_URL on GitLab, SEXTON_TOKEN for a
    server where the run has no OIDC token of its own.
    """
    if (server_url is None) == (inventory is None):
        raise Stop("Name either --server-url or --inventory.", MISUSE)
    import os

    from api.pull_request import Place, Proposal, by_inventory, by_server, reviewed

    change = Proposal(base=base, head=head, policies=policies)
    place = Place.of(forge, pull_request, os.environ)
    if server_url is not None:
        url = server_url
        found = reviewed(place, change, lambda: by_server(change, url, forge, os.environ))
    else:
        assert inventory is not None
        held = inventory
        found = reviewed(place, change, lambda: by_inventory(change, held))
    click.echo(found.annotations if forge == "github" else found.said)
    if found.refused:
        raise Stop(found.refused, FAILED)
    return FAILED if found.needs else DONE
