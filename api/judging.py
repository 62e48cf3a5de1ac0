"""Policies and an inventory from where a person says they are, judged: what plan, explain and test stand on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from api.ending import FAILED, NOTHING_READ, Stop, there
from engine.attached import carriers
from engine.load import Known, load
from engine.model import Inventory
from engine.policy import PolicySet
from engine.problem import Severity
from engine.view import Context
from reapers.kind import tables
from reapers.sources.folder import read

if TYPE_CHECKING:
    from api.settings import Settings
    from engine.columns import Columns
    from reapers.sources.snapshots import Store

SNAPSHOT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Policies, what the person called them, and their commit (empty outside git; `+` where files differ from it)."""

    ref: str
    sha: str
    policies: PolicySet


def policies_of(files: Mapping[str, str], where: str, commit: str = "", known: Known | None = None) -> PolicySet:
    """The policies, or Stop: how many problems there are, the first of them, and how to see all."""
    loaded = load(files, tables(), commit, known=known)
    if loaded.policies is not None:
        return loaded.policies
    errors = [problem for problem in loaded.problems if problem.severity is Severity.ERROR]
    first = errors[0]
    at = f"{first.file}:{first.line}:{first.col}: " if first.file else ""
    raise Stop(f"{where} does not load ({len(errors)} errors; `sexton validate` shows all): {at}{first.sentence}.", FAILED)


def from_folder(path: Path, known: Known | None = None) -> Named:
    """The policies of a folder or file as they are now."""
    there(path, option="--policies")
    source = read(path)
    sha = f"{source.commit}{'+' if source.dirty else ''}"
    if not source.files:
        raise Stop(f"There is no policy file in {path}.", FAILED)
    return Named(ref=str(path), sha=sha, policies=policies_of(source.files, str(path), source.commit, known))


def the_inventory(settings: Settings) -> Inventory:
    """The newest inventory of the settings' store."""
    from api.wiring import the_snapshots

    return _newest(the_snapshots(settings))


def inventory_at(place: Path) -> Inventory:
    """One snapshot, or the newest of a folder of them. No settings are read: where policies of others are judged, none may be."""
    from reapers.sources.snapshots import Store, open_snapshot

    there(place, option="--inventory")
    return open_snapshot(place) if SNAPSHOT.fullmatch(place.name) else _newest(Store(place))


def _newest(store: Store) -> Inventory:
    return store.read(_newest_id(store))


def _newest_id(store: Store) -> str:
    newest = store.newest_id()
    if not newest:
        raise Stop(f"There is no inventory in {store.shown}; `sexton scan` takes one.", NOTHING_READ)
    return newest


def the_columns(settings: Settings) -> Columns:
    """The newest inventory of the settings' store as columns, without its resources one by one."""
    from api.wiring import the_snapshots

    return _columns_of(the_snapshots(settings))


def columns_at(place: Path) -> Columns:
    """The columns of one snapshot, or of the newest of a folder of them. No settings are read, as for `inventory_at`."""
    from reapers.sources.snapshots import Store

    there(place, option="--inventory")
    folder = place.resolve()
    return _columns_of(Store(folder.parent), folder.name) if SNAPSHOT.fullmatch(folder.name) else _columns_of(Store(place))


def columns_of(inventory: Inventory) -> Columns:
    """An inventory that is in memory already, as columns."""
    from engine.columns import Columns

    return Columns.of(inventory, tables())


def _columns_of(store: Store, ident: str = "") -> Columns:
    """A snapshot's columns. Where none can be kept beside it, they are made in memory for this once."""
    from reapers.sources.codes import open_columns

    ident = ident or _newest_id(store)
    with store.folder(ident) as folder:
        try:
            return open_columns(folder, tables())
        except OSError:  # a disk that is full or may only be read
            return columns_of(store.read(ident))


def context_of(policies: PolicySet, inventory: Inventory) -> Context:
    """What judging needs, without a server's ceiling."""
    accounts = {account.id: account for account in inventory.accounts}
    return Context(policies=policies, accounts=accounts, carriers=carriers(inventory.resources, policies))
