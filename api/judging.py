"""Policies and an inventory from where a person says they are, judged: what plan, explain and test stand on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from api.ending import FAILED, NOTHING_READ, Stop, there
from engine.judge import judge_all
from engine.load import load
from engine.matches import Judged
from engine.model import Inventory, Mode
from engine.policy import PolicySet
from engine.problem import Severity
from engine.view import Context
from reapers.kind import kinds
from reapers.sources.folder import read

if TYPE_CHECKING:
    from api.settings import Settings

SNAPSHOT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Policies, what the person called them, and their commit (empty outside git; `+` where files differ from it)."""

    ref: str
    sha: str
    policies: PolicySet


def policies_of(files: Mapping[str, str], where: str, commit: str = "") -> PolicySet:
    """The policies, or Stop: how many problems there are, the first of them, and how to see all."""
    loaded = load(files, {name: kind.table for name, kind in kinds().items()}, commit)
    if loaded.policies is not None:
        return loaded.policies
    errors = [problem for problem in loaded.problems if problem.severity is Severity.ERROR]
    first = errors[0]
    at = f"{first.file}:{first.line}:{first.col}: " if first.file else ""
    raise Stop(f"{where} does not load ({len(errors)} errors; `sexton validate` shows all): {at}{first.sentence}.", FAILED)


def from_folder(path: Path) -> Named:
    """The policies of a folder or file as they are now."""
    there(path, option="--policies")
    source = read(path)
    sha = f"{source.commit}{'+' if source.dirty else ''}"
    if not source.files:
        raise Stop(f"There is no policy file in {path}.", FAILED)
    return Named(ref=str(path), sha=sha, policies=policies_of(source.files, str(path), source.commit))


def from_commit(path: Path, rev: str) -> Named:
    """The policies of a folder as a commit of its repository has them."""
    from reapers.sources.git import Repository

    top = next((folder for folder in (path.resolve(), *path.resolve().parents) if (folder / ".git").exists()), None)
    if top is None:
        raise Stop(f"{path} is not in a git repository, so there is no {rev} to compare.", FAILED)
    repository = Repository(str(top), path=path.resolve().relative_to(top).as_posix())
    sha = repository.resolve(rev)
    return Named(ref=rev, sha=sha, policies=policies_of(repository.files_at(sha), f"{path} at {rev}", sha))


def the_inventory(settings: Settings, place: Path | None) -> Inventory:
    """The newest inventory of the settings' store, of another store, or one snapshot's folder."""
    from api.wiring import the_snapshots
    from reapers.sources.snapshots import open_snapshot

    if place is not None:
        there(place, option="--inventory")
    if place is not None and SNAPSHOT.fullmatch(place.name):
        return open_snapshot(place)
    store = the_snapshots(settings, place)
    newest = store.newest()
    if newest is None:
        raise Stop(f"There is no inventory in {store.shown}; `sexton scan` takes one.", NOTHING_READ)
    return newest


def judged(policies: PolicySet, inventory: Inventory) -> Judged:
    """Every verdict on an inventory. The server's own mode does not count here: what the policies say is shown."""
    return Judged(policies=policies, judgements=judge_all(inventory, context_of(policies, inventory)))


def context_of(policies: PolicySet, inventory: Inventory) -> Context:
    """What judging needs, without a server's ceiling."""
    accounts = {account.id: account for account in inventory.accounts}
    return Context(policies=policies, accounts=accounts, server=Mode.DELETE)
