"""A policy repository with a change on a branch, and an inventory to judge it on."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from engine.model import Inventory
from makers.changes import FOUR, LARGER
from makers.doors import FILES, commit
from reapers.sources.snapshots import Store


@dataclass(frozen=True)
class Proposed:
    """The folder, whose working tree is the change; the commit of main and the change's; the snapshot's folder."""

    folder: Path
    base: str
    head: str
    inventory: Path

    def change(self, **files: str | None) -> str:
        """Another commit on the branch: `ebs=None` removes a file. Returns its id."""
        for name, text in files.items():
            if text is None:
                (self.folder / "policies" / f"{name}.yaml").unlink()
        commit(self.folder, {f"{name}.yaml": text for name, text in files.items() if text is not None})
        return git(self.folder, "rev-parse", "HEAD")


def git(folder: Path, *words: str) -> str:
    """Git's output in a folder, with nobody's settings."""
    alone = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(
        ["git", "-C", str(folder), *words], env=alone, capture_output=True, text=True, check=True
    ).stdout.strip()


def proposed(
    folder: Path, *, base: dict[str, str] | None = None, head: dict[str, str] | None = None, seen: Inventory = FOUR
) -> Proposed:
    """A repository whose main takes large volumes only, and a branch `feature` that takes them all; unless said otherwise."""
    home = commit(folder / "policies-of-acme", {**FILES, "ebs.yaml": LARGER, **(base or {})})
    main = git(home, "rev-parse", "HEAD")
    git(home, "checkout", "-q", "-b", "feature")
    commit(home, head if head is not None else {"ebs.yaml": FILES["ebs.yaml"]})
    store = Store(folder / "inventory")
    store.write(seen)
    return Proposed(folder=home, base=main, head=git(home, "rev-parse", "HEAD"), inventory=folder / "inventory")
