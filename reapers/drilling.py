"""The part of a round that drives drills: the delete, the word that wants it back, the comparison. The executor does the acts."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from engine.case import READY, Case, Ending, State
from engine.drill import is_drill, rehearsed
from engine.events import Event, Rejected, RestoreAsked
from engine.follow import Sight
from engine.life import advance
from engine.model import Key, Verb
from engine.returned import differences, facts
from engine.schedule import Rules, action_of
from engine.standing import Standing
from reapers.drills import Record, conclude, records, remember
from reapers.execute import Result
from reapers.look import Fresh
from reapers.store import Change, Stale
from reapers.together import with_company

if TYPE_CHECKING:
    from reapers.doing import Doing

log = logging.getLogger(__name__)

LONGEST = timedelta(hours=24)
"""A drill whose delete has not begun by then is over, and so is one whose canary cannot be read again."""
STEPS = 6
"""Steps of one drill in one round: the clouds' doubles need four."""
NOTED = timedelta(minutes=1)
"""A drill is written down so soon after its case was opened."""
GOES_ON = READY | {State.DELETING, State.DELETED, State.RESTORING, State.STUCK}
"""From everywhere else a drill's case leads to no end of its own."""


def drill(doing: Doing) -> None:
    """Each drill that is under way, as far as it goes in this round."""
    under_way = [record for record in records(doing.world) if not record.ended]
    for record in under_way:
        _Driven(doing, record).go()
    named = {record.case for record in under_way}
    for case in doing.world.ledger.open_cases():
        if is_drill(case) and _is_left(case, named, doing.world.clock.now()):
            _say(doing, case, Rejected(who="sexton", reason="the drill is over"), "drill ended")


def _is_left(case: Case, named: Collection[str], now: datetime) -> bool:
    """Whether nobody drives it: something was said of it that ends a drill, or whoever began it died before it was noted."""
    return case.state not in GOES_ON or (case.state in READY and case.id not in named and now - case.opened > NOTED)


@dataclass(slots=True)
class _Driven:
    """One drill."""

    doing: Doing
    record: Record

    def go(self) -> None:
        """Steps until one leads nowhere."""
        for _ in range(STEPS):
            before = self._case()
            self._step(before)
            after = self._case()
            if self.record.ended or after is None or (before is not None and after.version == before.version):
                return

    def _step(self, case: Case | None) -> None:
        if case is None or case.state is State.CLOSED:
            self._finish(case)
        elif case.state is State.STUCK:
            self._fail(f"case {case.id} is stuck: {case.stuck}")
        elif case.state in READY:
            self._delete(case)
        elif case.state is State.DELETED:
            self._note(replace(self.record, deleted=self._now().isoformat(), waits=""))
            _say(self.doing, case, RestoreAsked(who=self.record.who), "restore_asked")
        elif case.state is State.RESTORING:
            self._bring_back(case)
        elif case.state is not State.DELETING:  # a round settles that
            self._fail(f"it was not deleted: its case is {case.state.replace('_', ' ')}")

    def _delete(self, case: Case) -> None:
        """The act, with every guard that a drill does not waive."""
        standing, sight, action = self._standing(case), self._sight(), action_of(case)
        if action is None:
            self._fail(f"it was not deleted: {case.lead.because} allows {case.lead.mode}")
        elif self._now() - datetime.fromisoformat(self.record.began) > LONGEST:
            self._fail(f"it was not deleted in {LONGEST}: {self.record.waits}")
        elif standing is not None and sight is not None and self._is_looked_at(sight):
            report = self.doing.executor().act(action, standing, sight)
            self.doing.done(report)
            self._note(replace(self.record, waits="" if report.result is Result.DONE else report.why))

    def _is_looked_at(self, sight: Sight) -> bool:
        """Whether it is written down what it was before."""
        if not self.record.before:
            seen = self._facts(self.record.ref, sight)
            self._note(replace(self.record, waits=seen) if isinstance(seen, str) else replace(self.record, before=seen))
        return bool(self.record.before)

    def _bring_back(self, case: Case) -> None:
        standing = self._standing(case)
        if standing is not None:
            report = self.doing.executor().bring_back(case, standing)
            self.doing.done(report)
            self._note(replace(self.record, waits=report.why))

    def _finish(self, case: Case | None) -> None:
        """Compared, where it came back."""
        if case is None or case.closed is None or case.closed.reason is not Ending.RESTORED:
            why = case.closed.reason.replace("_", " ") if case and case.closed else "lost"
            self._fail(f"it {'did not come back' if self.record.deleted else 'was not deleted'}: its case is over ({why})")
            return
        ref, sight = str(case.memory.get(Verb.RESTORE, {}).get("key") or case.key.ref), self._sight()
        self._note(replace(self.record, restored_as=ref))
        seen = self._facts(ref, sight) if sight else "no policies are in force"
        if not isinstance(seen, str):
            found = tuple(asdict(each) for each in differences(self.record.before, seen))
            good = self.record.good if found else self._now().isoformat()
            self._end(replace(self.record, differences=found, good=good))
        elif self._now() - datetime.fromisoformat(self.record.began) > LONGEST:
            self._fail(f"it came back, and cannot be read: {seen}")
        else:
            self._note(replace(self.record, waits=seen))

    def _facts(self, ref: str, sight: Sight) -> dict[str, str] | str:
        """What the cloud says of it now; a sentence where it says nothing."""
        key = Key.parse(ref)
        kind, fresh = self.doing.world.kinds[key.kind], self.doing.executor().tools.looker.look(key, sight)
        if not isinstance(fresh, Fresh):
            return fresh if isinstance(fresh, str) else "it is not there"
        return dict(facts(fresh.resource, set(kind.fields) - set(kind.evidence), kind.anew))

    def _standing(self, case: Case) -> Standing | None:
        standing = self.doing.standing()
        if standing is None:
            return None
        standing = replace(standing, policies=rehearsed(standing.policies))
        return with_company(standing, [case], self.doing.world.ledger.open_case, {})

    def _sight(self) -> Sight | None:
        """The newest inventory under a drill's terms, from which nothing rests: what one brought back is drilled again."""
        situation = self.doing.situation()
        context = situation.context()
        if context is None or situation.inventory is None:
            return None
        rehearsing = replace(context, policies=rehearsed(context.policies))
        return Sight.of(situation.inventory, situation.judged, rehearsing)

    def _case(self) -> Case | None:
        return self.doing.world.ledger.case(self.record.case)

    def _now(self) -> datetime:
        return self.doing.world.clock.now()

    def _note(self, after: Record) -> None:
        if after != self.record:
            self.record = remember(self.doing.world.ledger, after)

    def _fail(self, why: str) -> None:
        self._end(replace(self.record, failed=why))

    def _end(self, after: Record) -> None:
        self.record = conclude(self.doing.world.ledger, replace(after, ended=self._now().isoformat(), waits=""), self._now())
        level = logging.INFO if self.record.is_good else logging.ERROR
        log.log(level, "drill of %s: %s", after.ref, after.failed or f"{len(after.differences)} differences")


def _say(doing: Doing, case: Case, event: Event, name: str) -> None:
    """A step of a drill's case; whoever changed it first is heeded in the next round."""
    standing, now = doing.standing(), doing.world.clock.now()
    if standing is None:
        return
    after = advance(case, event, Rules(policies=standing.policies), now)
    who = event.who if isinstance(event, RestoreAsked | Rejected) else ""
    try:
        doing.world.ledger.save_all([Change(case, after, name, who)] if after != case else [], now)
    except Stale as stale:
        log.info("%s", stale)
