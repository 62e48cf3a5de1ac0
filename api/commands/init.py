"""`sexton init`: a policy repository to start from, copied from the default pack."""

from __future__ import annotations

import shutil
from importlib import resources
from pathlib import Path

import click

from api.ending import Stop, there

OF_THE_REPOSITORY = (".github", ".gitignore", ".vscode", "CODEOWNERS")
"""What the pack holds for the root of the repository; everything else is policy and goes into `policies/`."""

NEXT = """Wrote {count} files to {folder}.

Next:
  cd {folder}
  1. Look at policies/organization.yaml: name your accounts, teams and people. Start every account in observe.
  2. sexton validate policies && sexton test policies
  3. sexton scan --policies policies && sexton plan
  4. git init -b main && git add . && git commit -m "Policies"
  5. sexton run --once
"""


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def command(folder: Path) -> None:
    """Start a policy repository in a new or empty folder: policies, tests, CODEOWNERS, editor settings, a workflow."""
    pack = the_pack()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Stop(f"{folder} is not an empty folder; name a new one.")
    policies = folder / "policies"
    shutil.copytree(pack, policies, ignore=shutil.ignore_patterns("__pycache__"))
    for name in OF_THE_REPOSITORY:
        if (policies / name).exists():
            shutil.move(policies / name, folder / name)
    _schemas(folder / ".vscode" / "schema")
    click.echo(NEXT.format(folder=folder, count=sum(path.is_file() for path in folder.rglob("*"))), nl=False)


def _schemas(folder: Path) -> None:
    """The JSON Schemas of the documents, where the editor's settings look for them."""
    folder.mkdir(parents=True, exist_ok=True)
    for schema in resources.files("engine.schema").iterdir():
        if schema.name.endswith(".json"):
            (folder / schema.name).write_text(schema.read_text(encoding="utf-8"), encoding="utf-8")


def the_pack() -> Path:
    """The default pack: inside the package when installed from a wheel, beside it in a checkout."""
    package = Path(__file__).parents[1]
    place = next((place for place in (package / "pack", package.parent / "policies") if place.is_dir()), package / "pack")
    there(place)
    return place
