"""The fold over days: one inventory at a time goes in, and only what policies matched stays in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from engine.backtest.evidence import Regret
from engine.backtest.look import Look, Memory, Seen
from engine.backtest.track import Track, look_again, shift, stand_still, wait
from engine.follow import Sight
from engine.model import Inventory, Key, Mode
from engine.money import Money
from engine.policy import PolicySet
from engine.schedule import Rules
from engine.verdict import Finding, Undecided
from engine.view import Context


class Outcome(StrEnum):
    """What became of something that would have been taken."""

    REGRETTED = "regretted"
    UNUSED = "unused"
    """Still there on the last day, and every day since says that nobody wanted it."""
    VANISHED = "vanished"
    """Somebody removed it themselves."""
    UNDECIDED = "undecided"
    """On some day since, or on every one, a part of the evidence was not read; or there was no day since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One resource that one policy would have taken: how far, when, and what became of it."""

    key: Key
    name: str
    team: str
    policy: str
    rung: Mode
    opened: datetime
    told: datetime | None
    at: datetime
    outcome: Outcome
    regret: Regret | None
    days_read: int
    days_unread: int
    monthly: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyHistory:
    """What one policy would have done over the days."""

    matched: int
    """Times that it began to match a resource."""
    let_go: int
    """Of those, it stopped matching before anything was done."""
    waiting: int
    """Of those, an act was still ahead on the last day."""
    capped: Mapping[str, int]
    """Of those, the mode allowed no act on the last day: what held it lowest -> how many."""
    undecided: int
    """Resources on the last day of which the policy could not say."""
    taken: tuple[Taken, ...]


@dataclass(slots=True)
class _Count:
    matched: int = 0
    let_go: int = 0
    undecided: int = 0
    taken: list[Track] = field(default_factory=list)


class Fold:
    """One set of policies over the days, in their order."""

    def __init__(self, policies: PolicySet, look: Look | None = None) -> None:
        self._policies = policies
        self._rules = Rules(policies=policies)
        self._look = look or Memory(policies)
        self._tracks: dict[Key, dict[str, Track]] = {}
        self._counts = {name: _Count() for name in policies.reaps}
        self._over: set[tuple[str, Key]] = set()
        """What was taken and has its answer: it is not taken again."""
        self._last: date | None = None

    def day(self, inventory: Inventory) -> None:
        """The next day; its inventory is not kept."""
        at = inventory.as_of
        self._skip(at.date())
        for count in self._counts.values():
            count.undecided = 0
        seen_keys = set()
        for seen in self._look(inventory, self._tracks.__contains__):
            seen_keys.add(seen.key)
            self._see(seen, at)
        absent = [key for key in self._tracks if key not in seen_keys]
        if absent:
            self._miss(absent, Sight(inventory=inventory, judgements={}, context=Context(policies=self._policies, accounts={})))

    def _skip(self, today: date) -> None:
        """Days without an inventory: the clocks of what is not taken stand still."""
        missing = (today - self._last).days - 1 if self._last else 0
        self._last = today
        for track in self._all() if missing > 0 else ():
            if not track.is_taken and track.paused is None:
                shift(track, timedelta(days=missing))

    def _all(self) -> Iterator[Track]:
        return (track for tracks in self._tracks.values() for track in tracks.values())

    def _see(self, seen: Seen, at: datetime) -> None:
        """A resource that is there: every policy that follows it goes on, and what newly matches begins."""
        tracks = self._tracks.get(seen.key, {})
        for name, track in list(tracks.items()):
            self._step(track, seen, at)
            if track.is_over or (not track.is_taken and not isinstance(seen.verdicts.get(name), Finding | Undecided)):
                self._end(track)
        for name, verdict in seen.verdicts.items():
            if isinstance(verdict, Undecided):
                self._counts[name].undecided += 1
            elif isinstance(verdict, Finding) and name not in tracks and (name, seen.key) not in self._over:
                self._begin(seen, verdict, at)

    def _begin(self, seen: Seen, finding: Finding, at: datetime) -> None:
        name = finding.policy
        self._counts[name].matched += 1
        track = Track(reap=self._policies.reaps[name], key=seen.key, opened=at, finding=finding, seen=seen, agreed=at)
        self._tracks.setdefault(seen.key, {})[name] = track
        wait(track, seen, finding, self._rules, at)
        self._note(track)

    def _step(self, track: Track, seen: Seen, at: datetime) -> None:
        verdict = seen.verdicts.get(track.reap.meta.name)
        if track.is_taken:
            look_again(track, seen, at)
        elif isinstance(verdict, Finding):
            wait(track, seen, verdict, self._rules, at)
            self._note(track)
        elif isinstance(verdict, Undecided):
            stand_still(track, at)

    def _note(self, track: Track) -> None:
        """Taken today: from now on it is looked at again."""
        if track.is_taken:
            self._counts[track.reap.meta.name].taken.append(track)

    def _miss(self, absent: list[Key], sight: Sight) -> None:
        """Absent from a list that was read to its end is gone; otherwise nothing is known."""
        at = sight.inventory.as_of
        for key in absent:
            answered = sight.answered(key)
            for track in list(self._tracks[key].values()):
                if not answered:
                    stand_still(track, at)
                    continue
                track.gone = at
                self._end(track)

    def _end(self, track: Track) -> None:
        name = track.reap.meta.name
        if track.is_taken:
            self._over.add((name, track.key))
        else:
            self._counts[name].let_go += 1
        tracks = self._tracks[track.key]
        del tracks[name]
        if not tracks:
            del self._tracks[track.key]

    def histories(self) -> Mapping[str, PolicyHistory]:
        """What every policy would have done, by name."""
        open_by_policy: dict[str, list[Track]] = {name: [] for name in self._counts}
        for track in self._all():
            if not track.is_taken:
                open_by_policy[track.reap.meta.name].append(track)
        return {name: _history(count, open_by_policy[name]) for name, count in sorted(self._counts.items())}


def _history(count: _Count, still: list[Track]) -> PolicyHistory:
    capped = Counter(track.finding.because for track in still if not _may_act(track))
    return PolicyHistory(
        matched=count.matched,
        let_go=count.let_go,
        waiting=sum(map(_may_act, still)),
        capped=dict(sorted(capped.items())),
        undecided=count.undecided,
        taken=tuple(sorted(map(_taken, count.taken), key=lambda one: (one.at, one.key))),
    )


def _may_act(track: Track) -> bool:
    return any(rung in track.finding.terms.after and rung.rank <= track.finding.mode.rank for rung in (Mode.STOP, Mode.DELETE))


def _taken(track: Track) -> Taken:
    assert track.at is not None  # only what is taken is counted so
    assert track.taken is not None
    view = track.taken.view
    return Taken(
        key=track.key,
        name=view.resource.name,
        team=view.owner.team,
        policy=track.reap.meta.name,
        rung=track.rung,
        opened=track.opened,
        told=track.told,
        at=track.at,
        outcome=_outcome(track),
        regret=track.regret,
        days_read=track.read,
        days_unread=track.unread,
        monthly=view.resource.monthly_cost,
    )


def _outcome(track: Track) -> Outcome:
    if track.regret is not None:
        return Outcome.REGRETTED
    if track.gone is not None:
        return Outcome.VANISHED
    return Outcome.UNUSED if track.read and not track.unread else Outcome.UNDECIDED
