"""The condemn tag: whether a case has it, and when its absence is somebody's no. Its text is engine/mark.py's.

    approved -> began (about to be written) -> placed (seen on the resource) -> delete
                  kept, closed, voided: sparing (about to be taken away) -> forgotten

A case remembers under `condemn` the mark and the times of these steps, each before the call that it announces.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from engine.case import Case, Ending, Kept, State
from engine.events import Vetoed
from engine.mark import LABEL, TAG, carried, mark
from engine.model import Key, KindTable, Mode, Resource, Unknown, Verb
from engine.policy import PolicySet
from engine.schedule import Rules, action_of

CONSOLE = "the cloud console"
"""Who kept it, where nobody told us who removed the tag."""

SETTLING = timedelta(minutes=2)
"""A cloud may answer with what it knew before (EC2: eventual consistency): so long, a tag that is not shown is not missed."""

CONDEMNED = frozenset({State.APPROVED, State.SNAPSHOTTING, State.DELETING})
"""Where a case may have its tag on the resource; everywhere else it is taken away again."""


def mark_of(case: Case) -> str:
    """The mark of a case as it stands."""
    return mark(case.id, case.generation)


def can(kind: KindTable | None) -> bool:
    """Whether a resource of this kind can carry the tag."""
    return kind is not None and Verb.CONDEMN in kind.acts


def is_wanted(case: Case) -> bool:
    """Whether the case is on its way to a delete that everybody has agreed to."""
    action = action_of(case)
    return case.state in CONDEMNED and action is not None and action.verb is Verb.DELETE


def is_placed(case: Case) -> bool:
    """Whether the tag of this very generation was seen on the resource, and is not being taken away."""
    memory = _memory(case)
    return memory.get("mark") == mark_of(case) and "placed" in memory and "sparing" not in memory


def is_left(case: Case) -> bool:
    """Whether our tag may be on something that is not to be deleted (any more)."""
    memory = _memory(case)
    gone = case.rung is Mode.DELETE and not _is_back(case)
    return bool(memory) and not gone and not (is_wanted(case) and memory.get("mark") == mark_of(case))


def _is_back(case: Case) -> bool:
    """Whether what we deleted came back as itself, tags and all, as from a bin. What is made anew has an id of its own."""
    made = str(case.memory.get(Verb.RESTORE, {}).get("key") or case.key.ref)
    return case.closed is not None and case.closed.reason is Ending.RESTORED and Key.parse(made).ref == case.key.ref


def veto(case: Case, seen: Resource, policies: PolicySet, now: datetime) -> Vetoed | None:
    """The keep that follows from a tag that was there and is not; None where there is none. Unreadable tags are no veto."""
    if isinstance(seen.tags, Unknown) or not (is_wanted(case) and is_placed(case)) or carried(seen.tags):
        return None
    placed = datetime.fromisoformat(_memory(case)["placed"])
    if case.state is State.DELETING or seen.seen_at - placed < SETTLING:
        return None
    until = Rules(policies=policies).keep_until(case.team, now)
    tag = TAG if case.key.cloud == "aws" else LABEL
    return Vetoed(kept=Kept(until=until, who=CONSOLE, reason=f"somebody removed the tag {tag}"))


def _memory(case: Case) -> Mapping[str, Any]:
    return case.memory.get(Verb.CONDEMN, {})
