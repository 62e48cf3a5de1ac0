"""A snapshot's manifest: what it is of, and its files' digests. Its own SHA-256 names the snapshot, so nothing can change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from engine.model import Inventory
from reapers.sources.errors import SnapshotError
from reapers.sources.rows import text_of

SCHEMA = "sexton/inventory@1"
FILE = "manifest.json"
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What `manifest.json` says. `files` maps a file's name to the SHA-256 of its bytes."""

    as_of: datetime
    commit: str
    files: Mapping[str, str]


def manifest_of(inventory: Inventory, files: Mapping[str, str]) -> bytes:
    """The manifest's bytes for an inventory whose tables have these digests."""
    counts = {
        "resources": len(inventory.resources),
        "cells": len(inventory.cells),
        "gaps": len(inventory.gaps),
        "accounts": len(inventory.accounts),
    }
    as_of = inventory.as_of.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    calls = sum(cell.calls for cell in inventory.cells)
    said = {"schema": SCHEMA, "as_of": as_of, "commit": inventory.commit, "counts": counts, "calls": calls, "files": dict(files)}
    return f"{text_of(said)}\n".encode()


def read_manifest(content: bytes, ident: str, shown: str) -> Manifest:
    """The manifest of the snapshot of that name. SnapshotError where the bytes are others, or of a newer Sexton."""
    if hashlib.sha256(content).hexdigest() != ident:
        raise damaged(ident, shown, f"{FILE} is not what was written")
    try:
        said = json.loads(content)
        schema = str(said["schema"])
        if schema != SCHEMA:
            raise SnapshotError(f"The inventory {ident[:12]} in {shown} is {schema}, which this Sexton does not know: update it.")
        return Manifest(as_of=datetime.fromisoformat(said["as_of"]), commit=str(said["commit"]), files=dict(said["files"]))
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(ident, shown, f"{FILE} lacks what it must say") from error


def claimed_moment(content: bytes) -> datetime | None:
    """When a damaged manifest says that its snapshot was taken: good enough to name the day that is lost, for nothing else."""
    try:
        moment = datetime.fromisoformat(json.loads(content)["as_of"])
    except (KeyError, TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None


def digest(path: Path) -> str:
    """The SHA-256 of a file's bytes. OSError when it cannot be read."""
    seen = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            seen.update(chunk)
    return seen.hexdigest()


def check(path: Path, manifest: Manifest, ident: str, shown: str) -> None:
    """SnapshotError where a file is not what the manifest says of it."""
    try:
        intact = digest(path) == manifest.files.get(path.name)
    except OSError as error:
        raise damaged(ident, shown, f"{path.name}: {error.strerror}") from error
    if not intact:
        raise damaged(ident, shown, f"{path.name} is not what was written")


def damaged(ident: str, shown: str, why: str) -> SnapshotError:
    """The sentence about a snapshot that cannot be trusted."""
    return SnapshotError(
        f"The inventory {ident[:12]} in {shown} is damaged ({why}): nothing of it is used; remove its folder or scan again."
    )
