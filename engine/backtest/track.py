"""One policy's way with one resource, day by day: matched, told, taken, and what became of it, as if nobody ever answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from engine.backtest.evidence import Regret, interrupted, unread, wanted
from engine.backtest.look import Seen
from engine.backtest.turned import could_show_use, turned
from engine.calendar import later
from engine.case import Case, State, Told
from engine.model import Key, Mode
from engine.policy import Reap
from engine.schedule import Rules, promise
from engine.verdict import Finding, Undecided, Verdict

ACTS = (Mode.DELETE, Mode.STOP)
"""The rungs that take something, the furthest first."""

SOON = datetime.min.replace(tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Track:
    """Where a policy stands with a resource. It changes from day to day; `engine.backtest.fold` holds it."""

    reap: Reap
    key: Key
    opened: datetime
    """The first day that it matched."""
    finding: Finding
    seen: Seen
    agreed: datetime
    """Since when days agree; later by as long as the clock stood still."""
    told: datetime | None = None
    dates: Mapping[Mode, datetime] = field(default_factory=dict)
    """Rung -> when it would be reached, by what the owner was told."""
    next: datetime = SOON
    """Before this nothing happens to it as long as each day says the same as the last."""
    paused: datetime | None = None
    rung: Mode = Mode.OBSERVE
    """The furthest act that would have been done, and when."""
    at: datetime | None = None
    taken: Seen | None = None
    """The day on which the first act was done: what later days are compared with."""
    regret: Regret | None = None
    gone: datetime | None = None
    read: int = 0
    """Days afterwards whose evidence was read and shows nothing."""
    unread: int = 0
    """Days afterwards on which something was not read."""
    dark: bool = False
    """Whether no day can show that it is used."""
    clear: bool = False
    """Whether the last day was read and shows nothing."""

    @property
    def is_taken(self) -> bool:
        """Whether an act would have been done."""
        return self.at is not None

    @property
    def is_over(self) -> bool:
        """Whether no further day can say anything."""
        return self.regret is not None or self.gone is not None


def stand_still(track: Track, at: datetime) -> None:
    """A day on which nothing is known: the clock stands still, and after the act it is a day without an answer."""
    if track.is_taken:
        track.unread += 1
        track.clear = False
    elif track.paused is None:
        track.paused = at


def shift(track: Track, by: timedelta) -> None:
    """Every date of a resource that is not taken is later by as long as nobody looked."""
    track.agreed += by
    track.next = SOON
    track.dates = {rung: date + by for rung, date in track.dates.items()}


def wait(track: Track, seen: Seen, finding: Finding, rules: Rules, at: datetime) -> None:
    """A day on which it matches and is not taken yet."""
    if seen is track.seen and track.paused is None and at < track.next:
        return
    if track.paused is not None:
        shift(track, at - track.paused)
        track.paused = None
    before, changed = track.finding, seen is not track.seen and _changed(track, seen, finding)
    track.finding, track.seen = finding, seen
    if track.told is None:
        track.told = _first_telling(track, before, rules, at)
        if track.told is not None:
            track.dates = _dates(track, rules, track.told)
    elif changed:
        track.dates = _dates(track, rules, at)
    _reach(track, at)
    ahead = [date for date in track.dates.values() if date > at]
    track.next = SOON if track.told is None else min(ahead, default=NEVER)


def _changed(track: Track, seen: Seen, finding: Finding) -> bool:
    """What the owner was told is not so any more: they are told again, as engine/life does it."""
    raised = finding.mode.rank > track.finding.mode.rank
    return raised or finding.terms != track.finding.terms or seen.view.owner.team != track.seen.view.owner.team


def _first_telling(track: Track, before: Finding, rules: Rules, at: datetime) -> datetime | None:
    """When the owner would first have been told; None while they would not. The scans between the days are taken to agree."""
    finding = track.finding
    if finding.mode is Mode.OBSERVE or Mode.NOTIFY not in finding.terms.after:
        return None
    due = later(track.opened, finding.terms.after[Mode.NOTIFY], rules.calendar(track.seen.view.owner.team))
    first = max(track.agreed + rules.policies.organization.persistence_over.comparable, due)
    if first > at:
        return None
    return at if before.mode is Mode.OBSERVE and track.opened < at else first


def _dates(track: Track, rules: Rules, told: datetime) -> Mapping[Mode, datetime]:
    """What a notice received at `told` promises, by engine/schedule; never earlier than a date that was promised before."""
    view = track.seen.view
    owner = view.owner.owner
    case = Case(
        id="",
        key=track.key,
        name=view.resource.name,
        opened=track.opened,
        state=State.NOTIFIED,
        findings=(track.finding,),
        team=view.owner.team,
        owner=owner if isinstance(owner, str) else "",
        monthly=view.resource.monthly_cost,
        told=Told(at=told, channel="", receipt="", promised=track.dates) if track.dates else None,
    )
    return promise(case, rules, told)


def _reach(track: Track, at: datetime) -> None:
    """The furthest act whose date has come and which the mode allows today."""
    for rung in ACTS:
        date = track.dates.get(rung)
        if date is not None and date <= at and rung.rank <= track.finding.mode.rank:
            if rung.rank > track.rung.rank:
                track.rung, track.at = rung, date
            if track.taken is None:
                track.taken = track.seen
                track.dark = not could_show_use(track.reap, track.seen.evidence)
            return


def look_again(track: Track, seen: Seen, at: datetime) -> None:
    """A day after the act: is it wanted after all, or is nothing known?"""
    assert track.at is not None  # only what is taken is looked at again
    assert track.taken is not None
    verdict = seen.verdicts.get(track.reap.meta.name)
    if at.date() > track.at.date():
        if seen is track.seen and track.clear:
            track.read += 1
        else:
            _compare(track, track.taken, seen, verdict, at)
    track.seen = seen
    if track.regret is None and isinstance(verdict, Finding):
        track.finding = verdict
        _reach(track, at)


def _compare(track: Track, taken: Seen, seen: Seen, verdict: Verdict | None, at: datetime) -> None:
    before, now = taken.evidence, seen.evidence
    track.regret = wanted(before, now, at)
    if track.regret is None and not isinstance(verdict, Finding | Undecided):
        track.regret = turned(track.reap, taken, seen, at)
    if track.regret is not None:
        return
    track.clear = not (isinstance(verdict, Undecided) or track.dark or unread(now) or interrupted(before, now))
    track.read += track.clear
    track.unread += not track.clear
