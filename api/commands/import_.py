"""`sexton import`: policies of other programs as documents of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.commands.table import put_json
from api.ending import DONE, FAILED, MISUSE, NOTHING_READ, Stop
from engine.wording import clean, count

if TYPE_CHECKING:
    from engine.custodian import Translation, Written

TEAM = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\Z")
LONGEST = 400


@click.group()
def command() -> None:
    """Translate policies of other programs into documents of Sexton's."""


@command.command()
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="Write a file for each policy there."
)
@click.option("--owner", metavar="TEAM", default="platform", show_default=True, help="The team that answers for the documents.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def custodian(files: tuple[Path, ...], out: Path | None, owner: str, as_json: bool) -> int:
    """Translate Cloud Custodian's policies in FILE…, all together: one policy carries out what another marks.

    What cannot be said exactly is listed with its place and why; a policy that would take more without it is written so that it
    cannot act. Without --out the documents are printed. Exit 1 when anything was left behind, 3 when a file cannot be read.
    """
    if not TEAM.match(owner):
        raise Stop(f"{clean(owner)!r} is no name of a team: lower-case letters, digits and hyphens.", MISUSE)
    translation = _translated(files, owner)
    if out is not None:
        _write(translation.documents, out)
    if as_json:
        put_json(_shape(translation))
    else:
        if out is None:
            click.echo("---\n".join(f"# {one.file}\n{one.text}" for one in translation.documents), nl=False)
        click.echo("\n".join(_told(translation, out)), err=out is None)
    return FAILED if translation.left else DONE


def _translated(files: Sequence[Path], owner: str) -> Translation:
    from engine.custodian import Unreadable, translate
    from reapers.kind import tables

    texts = {str(file): _text(file) for file in files}
    try:
        return translate(texts, tables(), owner)
    except Unreadable as error:
        raise Stop(f"{clean(str(error), LONGEST)}.", NOTHING_READ) from None


def _text(file: Path) -> str:
    """The text of a file, which may be a little larger than the most that is read: its reader says so then."""
    from engine.strict_yaml.reader import LARGEST

    if file.is_dir():
        raise Stop(f"{file} is a folder; name the files in it.", NOTHING_READ)
    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST + 1).decode("utf-8")
    except FileNotFoundError:
        raise Stop(f"There is no file {file}.", NOTHING_READ) from None
    except UnicodeDecodeError:
        raise Stop(f"{file} is not UTF-8 text.", NOTHING_READ) from None


def _write(documents: Sequence[Written], out: Path) -> None:
    """Every document into a file of its own; nothing at all where one would take another's place."""
    taken = next((out / one.file for one in documents if (out / one.file).exists()), None)
    if taken is not None:
        raise Stop(f"There is already a file {taken}: name another folder with --out.", MISUSE)
    out.mkdir(parents=True, exist_ok=True)
    for one in documents:
        with (out / one.file).open("x", encoding="utf-8", newline="\n") as file:
            file.write(one.text)


def _told(translation: Translation, out: Path | None) -> Iterator[str]:
    """What was left behind, what is good to know, and how much it was."""
    for left in translation.left:
        yield f"left behind: {clean(str(left), LONGEST)}"
    for note in translation.notes:
        yield f"note: {clean(str(note), LONGEST)}"
    written = count(len(translation.documents), "document")
    disabled = sum(one.disabled for one in translation.documents)
    where = f" in {out}" if out else ""
    yield (
        f"{translation.policies} {'policy' if translation.policies == 1 else 'policies'}, {written}{where}, "
        f"{disabled} of them disabled, "
        f"{count(len(translation.left), 'part')} left behind."
    )


def _shape(translation: Translation) -> dict[str, Any]:
    return {
        "schema": "sexton/import@1",
        "ok": not translation.left,
        "policies": translation.policies,
        "documents": [
            {
                "file": one.file,
                "name": one.name,
                "source": one.source,
                "policy": one.policy,
                "disabled": one.disabled,
                "text": one.text,
            }
            for one in translation.documents
        ],
        "left": [
            {"file": one.file, "line": one.line, "policy": one.policy, "what": one.what, "why": one.why}
            for one in translation.left
        ],
        "notes": [{"file": one.file, "line": one.line, "policy": one.policy, "says": one.says} for one in translation.notes],
    }
