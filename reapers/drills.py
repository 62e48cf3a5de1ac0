"""Drills: the canaries that there are, the beginning of a drill by an operator's word, and what the ledger remembers of each.

What follows is done in rounds (reapers/drilling.py), by the executor, like everything that is done to clouds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from engine.case import Agreement, Case, State
from engine.drill import OPERATOR, No, in_drill, is_drilled, is_tagged, rehearsed
from engine.follow import Sight, openings
from engine.guards import GUARDS, Asked, blocked
from engine.judge import judge_one
from engine.model import Inventory
from engine.schedule import action_of
from engine.standing import Standing
from engine.teams import Person
from engine.view import Context, View, view
from reapers.doing import standing_of
from reapers.refused import Refused
from reapers.situation import Situation
from reapers.store import AlreadyOpen, Change
from reapers.store.ledger import Ledger
from reapers.world import World

NOTHING_YET = "No inventory has been judged yet, so no canary is known; try again when a scan is done."


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The last drill of a kind. Times are RFC 3339; empty where it has not come so far."""

    kind: str
    ref: str
    name: str
    case: str
    who: str
    began: str
    before: Mapping[str, str] = field(default_factory=dict)
    """What it was, right before (engine/returned.py)."""
    deleted: str = ""
    restored_as: str = ""
    """The text of its new key."""
    ended: str = ""
    differences: tuple[Mapping[str, str], ...] = ()
    failed: str = ""
    """A sentence, where it did not come back, or was never deleted."""
    waits: str = ""
    """What holds it up at this moment."""
    good: str = ""
    """When a drill of this kind last ended with nothing to complain of."""

    @property
    def is_good(self) -> bool:
        """Whether it came back as it was."""
        return bool(self.ended) and not self.failed and not self.differences


def _fact(kind: str) -> str:
    return f"drill {kind}"


def remember(ledger: Ledger, record: Record) -> Record:
    """Writes down how far a drill is."""
    ledger.set(_fact(record.kind), json.dumps(asdict(record)))
    return record


COMPARED = "drill compared"
"""The trail's row about how a drill ended. It is of no case: the drill's may be over by then."""
OUTCOME = ("case", "ref", "who", "began", "deleted", "restored_as", "failed", "differences")
"""What that row keeps of the record."""


def conclude(ledger: Ledger, record: Record, at: datetime) -> Record:
    """Writes down how a drill ended: the trail keeps it when the next drill of the kind has taken the record's place."""
    told = {name: value for name, value in asdict(record).items() if name in OUTCOME}
    ledger.note(_fact(record.kind), json.dumps(asdict(record)), COMPARED, told, at)
    return record


def records(world: World) -> tuple[Record, ...]:
    """The last drill of each kind that had one, by kind."""
    written = (world.ledger.get(_fact(kind)) for kind in sorted(world.kinds))
    return tuple(_record(json.loads(text)) for text in written if text)


def _record(written: Mapping[str, Any]) -> Record:
    return Record(**{**written, "differences": tuple(written["differences"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A canary of the newest inventory. `refused`: why it is not drilled."""

    kind: str
    ref: str
    name: str
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """The newest inventory under a drill's terms."""

    inventory: Inventory
    context: Context
    standing: Standing

    def seen(self) -> Iterator[View]:
        """Every resource."""
        return (view(resource, self.context, self.inventory.as_of) for resource in self.inventory.resources)


@dataclass(frozen=True, slots=True)
class Drills:
    """What people ask of drills. Raises Refused, and then nothing has changed."""

    world: World
    situation: Situation

    def rehearsal(self) -> Rehearsal:
        """The inventory and how things stand, with a drill's terms instead of the policies."""
        situation, now = self.situation, self.world.clock.now()
        context, standing = situation.context(), standing_of(situation, self.world, now)
        if context is None or standing is None or situation.inventory is None:
            raise Refused(NOTHING_YET)
        policies = rehearsed(context.policies)
        context, standing = replace(context, policies=policies), replace(standing, policies=policies)
        return Rehearsal(inventory=situation.inventory, context=context, standing=standing)

    def offers(self) -> tuple[Offer, ...]:
        """Every canary of the newest inventory, by kind and key."""
        rehearsal = self.rehearsal()
        found = (self._offer(seen, rehearsal) for seen in rehearsal.seen() if is_tagged(seen))
        return tuple(sorted(found, key=lambda offer: (offer.kind, offer.ref)))

    def without(self) -> tuple[str, ...]:
        """The kinds that could be drilled and have no canary."""
        having = {offer.kind for offer in self.offers()}
        return tuple(name for name, kind in sorted(self.world.kinds.items()) if is_drilled(kind.table) and name not in having)

    def begin(self, text: str, person: Person, word: str) -> Record:
        """Opens the case of one canary, named by key or id, on the operator's word, and how they gave it (`yes`, `typed`)."""
        rehearsal, now = self.rehearsal(), self.world.clock.now()
        seen = _the_one(text, rehearsal)
        if running := self._running(seen.resource.key.kind):
            raise Refused(running)
        case = _agreed(_case(seen, rehearsal, now), person, now)
        if blocks := _blocks(case, rehearsal.standing, now):
            raise Refused(f"{case.key.ref} is not drilled now: {' '.join(GUARDS[name].sentence for name in blocks)}")
        record = Record(
            kind=case.key.kind, ref=case.key.ref, name=case.name, case=case.id, who=person.email, began=now.isoformat(),
            good=next((each.good for each in records(self.world) if each.kind == case.key.kind), ""),
        )  # fmt: skip
        return self._open(case, record, {"drill": word, "subject": person.subject}, now)

    def _open(self, case: Case, record: Record, data: Mapping[str, Any], now: datetime) -> Record:
        """The record after the case: where it is missing, nothing has been done, and the round closes the case."""
        ledger = self.world.ledger
        try:
            ledger.save_all([Change(None, case, "drill began", record.who, data)], now)
        except AlreadyOpen as error:
            there = ledger.open_case(case.key.ref)
            named = f"the open case {there.id} of {there.policy}" if there else "an open case"
            raise Refused(f"{case.key.ref} has {named}; exempt canaries from your policies by their tag.") from error
        return remember(ledger, record)

    def _running(self, kind: str) -> str:
        """One drill of a kind at a time."""
        last = next((record for record in records(self.world) if record.kind == kind and not record.ended), None)
        return f"{last.ref} is being drilled (case {last.case}): one canary of a kind at a time." if last else ""

    def _offer(self, seen: View, rehearsal: Rehearsal) -> Offer:
        found, key = in_drill(seen, rehearsal.context, self.world.clock.now()), seen.resource.key
        why = found.sentence if isinstance(found, No) else ""
        return Offer(kind=key.kind, ref=key.ref, name=seen.resource.name, refused=why)


def _the_one(text: str, rehearsal: Rehearsal) -> View:
    found = [seen for seen in rehearsal.seen() if text in (seen.resource.key.ref, seen.resource.key.id)]
    if len(found) != 1:
        raise Refused(f"{'Nothing' if not found else 'More than one thing'} in the newest inventory has the key or id {text!r}.")
    return found[0]


def _case(seen: View, rehearsal: Rehearsal, now: datetime) -> Case:
    """The case as a scan would open it, if the drill were the only policy."""
    found = in_drill(seen, rehearsal.context, now)
    if isinstance(found, No):
        raise Refused(found.sentence)
    judged = judge_one(seen, rehearsal.context, now)
    opened = openings(Sight.of(rehearsal.inventory, [judged], rehearsal.context), frozenset(), now)
    if not opened:
        raise Refused(f"{seen.resource.key.ref} lies in a gap of the newest inventory: it could not be read to its end.")
    return opened[0]


def _agreed(case: Case, person: Person, now: datetime) -> Case:
    """Approved by the operator's word, for exactly this."""
    ready = replace(case, state=State.APPROVED)
    action = action_of(ready)
    assert action is not None  # a finding that reaches delete
    yes = Agreement(role=OPERATOR, who=person.email, at=now, action=action.hash, reason="drill", subject=person.subject)
    return replace(ready, agreements=(yes,))


def _blocks(case: Case, standing: Standing, now: datetime) -> tuple[str, ...]:
    return blocked(Asked(case=case, action=action_of(case), standing=standing, usage=standing.usage, now=now))
