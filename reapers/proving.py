"""Whether a new version of Sexton judges as the one before it did: the same inventory, the same commit, the same verdicts.

Each judged inventory leaves in the ledger who judged it (the version and a digest of its code), which inventory and commit it
was, and a digest of every verdict. Whoever finds that another version wrote this judges that very inventory at that very commit
again. The same verdicts: it may act. Others, or one that cannot be read any more: a hold on everything, until somebody of
platform has looked and releases it.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import engine
import reapers
from engine.holds.hold import Cause
from engine.holds.look import Opening
from engine.judge import Judgement
from engine.load import load
from engine.model import Mode, canonical
from engine.verdict import Finding, Spared, Verdict
from reapers.situation import Situation, judged
from reapers.sources.errors import SnapshotError, SourceError
from reapers.world import World

log = logging.getLogger(__name__)

FACT = "judged_by"
"""The ledger's fact: the newest judged inventory, and who judged it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a version left of its newest judging."""

    version: str
    inventory: str
    commit: str
    mode: str
    """The server's mode then: it is part of a verdict, and settings may change with the version."""
    digest: str
    going: tuple[str, ...] = ()
    """Key texts of the wholes and parts that were on their way to a delete then: verdicts on parts go by it."""


def prove(world: World, situation: Situation, now: datetime) -> bool:
    """Measures this version against the one before, once; True when that is done, whatever came of it. False before a scan."""
    if situation.policies is None or situation.inventory is None:
        return False
    before, ours = _before(world), _record(situation)
    if before is not None and before.version != ours.version:
        why = _difference(world, situation, before)
        if why:
            log.error("nothing is done: %s judges otherwise than %s did: %s", ours.version, before.version, why)
            data = {"was": before.version, "now": ours.version, "why": why, "evidence": f"{before.version} {before.inventory}"}
            world.ledger.holds.open(Opening(cause=Cause.VERSION, subject=ours.version, account="*", until=None, data=data), now)
    if before != ours:
        world.ledger.set(FACT, json.dumps(asdict(ours)))
    return True


def _difference(world: World, situation: Situation, before: Record) -> str:
    """How this version judges otherwise than the one before; empty where it does not."""
    again = _situation_of(world, situation, before)
    if isinstance(again, str):
        return f"cannot be measured against it, as {again}"
    same = digest(again.judged) == before.digest
    return "" if same else f"judges inventory {before.inventory[:12]} at {before.commit[:12]} otherwise"


def _situation_of(world: World, situation: Situation, before: Record) -> Situation | str:
    """What the version before judged, judged by this one; or a sentence why that is not possible."""
    policies, inventory = situation.policies, situation.inventory
    try:
        if inventory is None or inventory.id != before.inventory:
            inventory = world.snapshots.read(before.inventory)
        if policies is None or policies.commit != before.commit:
            policies = load(world.watch.repository.files_at(before.commit), world.watch.kinds, before.commit).policies
    except (SnapshotError, SourceError) as error:
        return str(error)
    if policies is None:
        return f"the policies of {before.commit[:12]} do not load any more"
    going = frozenset(before.going)
    return judged(replace(situation, policies=policies, inventory=inventory, mode=Mode(before.mode), going=going))


def _before(world: World) -> Record | None:
    fact = world.ledger.get(FACT)
    if not fact:
        return None
    said = json.loads(fact)
    return Record(**{**said, "going": tuple(said.get("going", ()))})


def _record(situation: Situation) -> Record:
    inventory = situation.inventory
    assert inventory is not None  # `prove` asks only then
    named = {"inventory": inventory.id, "commit": situation.commit, "mode": str(situation.mode)}
    return Record(version=running(), digest=digest(situation.judged), going=tuple(sorted(situation.going)), **named)


def digest(judgements: Iterable[Judgement]) -> str:
    """SHA-256 of every verdict on every resource, in the order of their keys."""
    said = sorted((each.view.resource.key.ref, [_said(verdict) for verdict in each.verdicts]) for each in judgements)
    return hashlib.sha256(canonical(said)).hexdigest()


def _said(verdict: Verdict) -> list[Any]:
    if isinstance(verdict, Finding):
        return [verdict.policy, "match", str(verdict.mode), verdict.terms.digest]
    if isinstance(verdict, Spared):
        return [verdict.policy, "spared", str(verdict.reason)]
    return [verdict.policy, "undecided", *verdict.missing]


@cache
def running() -> str:
    """This version and what its judging is made of: `0.4.0+1a2b3c4d5e6f`. A patched installation is another version."""
    sources = (Path(str(engine.__file__)).parent, Path(str(reapers.__file__)).parent / "kinds")
    code = hashlib.sha256()
    for file in sorted(file for folder in sources for file in folder.rglob("*.py")):
        code.update(file.read_bytes())
    return f"{version('sexton')}+{code.hexdigest()[:12]}"
