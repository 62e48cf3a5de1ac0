"""Representative cases of every state, every way in which an event may come to them, and what `advance` makes of it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from engine import events as on
from engine.case import Agreement, Case, Closed, Ending, Kept, Starter, State, Told
from engine.events import Event
from engine.life import advance
from engine.life.acts import UNDER_WAY
from engine.model import Key, Mode
from engine.money import Money
from engine.policy import Approval, Duration, Meta, PolicySet, Team
from engine.schedule import Rules, action_of
from engine.verdict import Finding, Terms

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
"""A Monday."""
DAY = timedelta(days=1)
RULES = Rules(policies=PolicySet(teams={"payments": Team(meta=Meta(name="payments"), when_silent=("lead@acme.example",))}))
KEY = Key("aws.ec2_instance", "111122223333", "us-east-1", "i-1", "born")


def _days(count: int) -> Duration:
    return Duration(hours=24 * count)


def _terms(name: str, stop: bool, delete: Approval | None) -> Terms:
    after = {Mode.NOTIFY: _days(0)} | ({Mode.STOP: _days(3)} if stop else {}) | ({Mode.DELETE: _days(14)} if delete else {})
    approval = {Mode.STOP: Approval.NONE} | ({Mode.DELETE: delete} if delete else {})
    return Terms(policy=name, after=after, before_delete=("backup",), approval=approval)


DELETES, STOPS_AND_DELETES = _terms("deletes", False, Approval.OWNER), _terms("stops-and-deletes", True, Approval.OWNER)
STOPS, SILENT, TELLS = _terms("stops", True, None), _terms("silent", False, Approval.NONE), _terms("tells", False, None)

FINDINGS = (
    Finding(terms=DELETES, mode=Mode.DELETE),
    Finding(terms=STOPS_AND_DELETES, mode=Mode.DELETE),
    Finding(terms=STOPS_AND_DELETES, mode=Mode.STOP),
    Finding(terms=STOPS, mode=Mode.STOP),
    Finding(terms=SILENT, mode=Mode.DELETE),
    Finding(terms=TELLS, mode=Mode.NOTIFY),
    Finding(terms=DELETES, mode=Mode.OBSERVE),
)
"""Every shape of ladder, and modes that reach its end or do not."""

RUNGS: Mapping[State, tuple[Mode, ...]] = {
    State.DETECTED: (Mode.OBSERVE,),
    State.NOTIFIED: (Mode.OBSERVE, Mode.NOTIFY),
    State.GRACE: (Mode.NOTIFY,),
    State.AWAITING_APPROVAL: (Mode.NOTIFY, Mode.STOP),
    State.APPROVED: (Mode.NOTIFY, Mode.STOP),
    State.STOPPING: (Mode.NOTIFY,),
    State.STOPPED: (Mode.STOP,),
    State.SNAPSHOTTING: (Mode.NOTIFY, Mode.STOP),
    State.DELETING: (Mode.NOTIFY, Mode.STOP),
    State.DELETED: (Mode.DELETE,),
    State.RESTORING: (Mode.STOP, Mode.DELETE),
    State.KEPT: (Mode.OBSERVE, Mode.NOTIFY, Mode.STOP),
    State.STUCK: (Mode.NOTIFY, Mode.STOP, Mode.DELETE),
    State.CLOSED: (Mode.OBSERVE, Mode.NOTIFY, Mode.STOP, Mode.DELETE),
}
"""The last rung that can be done in each state."""

BEFORE_STUCK = {Mode.NOTIFY: State.GRACE, Mode.STOP: State.STOPPED, Mode.DELETE: State.DELETED}


def representatives(state: State) -> Iterator[Case]:
    """Cases of a state: every ladder and rung, dates past or to come, told or with news, backed up or not, paused."""
    for finding, rung in itertools.product(FINDINGS, RUNGS[state]):
        for past, news, backed_up in itertools.product((True, False), repeat=3):
            case = representative(state, finding, rung, past)
            yield replace(case, tell="changed" if news else "", backed_up=backed_up)
        yield replace(representative(state, finding, rung, True), paused_at=NOW - DAY, missing=("tags",))
        yield from _with_dates(representative(state, finding, rung, False))


def _with_dates(case: Case) -> Iterator[Case]:
    """Half-way through a long grace; told of the act lately; not answering, so that the next person's turn has come;
    started by its provider time and again."""
    yield replace(case, due=NOW + 5 * DAY, grace_from=NOW - 10 * DAY)
    yield replace(case, due=NOW - DAY, called=(NOW - 2 * DAY,))
    yield replace(case, due=NOW - DAY, escalated=True, escalate_at=NOW - DAY)
    yield replace(case, restarts=9)


def representative(state: State, finding: Finding, rung: Mode, past: bool) -> Case:
    """One case of a state that stands at a rung, its dates past or to come."""
    date = NOW - DAY if past else NOW + DAY
    told = Told(at=NOW - 20 * DAY, channel="#payments", receipt="1", mode=finding.mode)
    return Case(
        id="c-1", key=KEY, name="batch", opened=NOW - 30 * DAY, state=state, findings=(finding,), team="payments",
        owner="payments", monthly=Money.of(8), fingerprint="f1", due=date, rung=rung, rung_at=NOW - 20 * DAY,
        told=None if rung is Mode.OBSERVE else told, approve_by=date, execute_by=date, undo_until=date,
        agreed=9 if past else 1, agreed_since=NOW - 9 * DAY, agreed_as_of=NOW - DAY,
        kept=Kept(until=date, who="ann@acme.example") if state is State.KEPT else None,
        stuck_from=BEFORE_STUCK[rung] if state is State.STUCK else None,
        closed=Closed(reason=Ending.DONE, at=NOW) if state is State.CLOSED else None,
    )  # fmt: skip


# --- what can happen to them -----------------------------------------------------------------------------------------------


def happenings(case: Case) -> Iterator[Event]:
    """Every event in every way in which it may come to a case."""
    yield from _judged(case)
    yield from (on.Vanished(), on.Vanished(reborn=True), on.Ticked(), on.Ticked(held=True), on.Ticked(uncalled=True))
    yield on.Delivered(channel="#payments", receipt="2", mode=case.lead.mode)
    yield from _said(case)
    for verb in UNDER_WAY:
        yield from (on.Began(verb=verb), on.Noted(verb=verb, memory={"sent": "now"}), on.Settled(verb=verb))
        yield from (on.Voided(verb=verb), on.Blocked(verb=verb, why="denied"))
    yield on.Drifted(fingerprint="f2")
    yield from (on.Recovered(), on.Recovered(gone=True))
    yield from (on.Marked(memory={"mark": "c-1", "began": "now"}), on.Marked())
    yield on.Vetoed(kept=Kept(until=NOW + 30 * DAY, who="the cloud console"))


def _judged(case: Case) -> Iterator[on.Judged]:
    same = on.Judged(as_of=NOW, findings=case.findings, team="payments", owner="payments", fingerprint="f1")
    yield same
    yield from (replace(same, findings=(), ending=ending) for ending in (Ending.NO_LONGER_MATCHES, Ending.EXEMPT))
    yield replace(same, missing=("tags",))
    yield from (replace(same, findings=(finding,)) for finding in FINDINGS)
    yield from (replace(same, started=starter) for starter in Starter if case.rung is Mode.STOP)
    yield from (replace(same, team="search"), replace(same, fingerprint="f2"))


def _said(case: Case) -> Iterator[Event]:
    action = action_of(case)
    yes = Agreement(role="owner", who="ann@acme.example", at=NOW, action=action.hash if action else "")
    yield from (on.Approved(agreement=yes, needs=needs) for needs in (Approval.OWNER, Approval.OWNER_AND_PLATFORM))
    kept = Kept(until=NOW + 30 * DAY, who="ann@acme.example", reason="needed")
    yield from (on.Rejected(who="ann@acme.example"), on.Keeping(kept=kept), on.Keeping(kept=kept, snooze=True))
    yield from (on.Disowned(who="ann@acme.example", team="search"), on.Retried(who="ann@acme.example"))
    yield on.RestoreAsked(who="ann@acme.example")


Cell = frozenset[tuple[str, str]]
"""What an event may lead to, as the page says it: a state, an ending after `closed`, or `stays`; and what is then to be told."""


def transitions() -> Mapping[tuple[State, type], Cell]:
    """State and event -> what may follow; nothing for an event that changes nothing there."""
    found: dict[tuple[State, type], set[tuple[str, str]]] = {}
    for state in State:
        for case in representatives(state):
            for event in happenings(case):
                after = advance(case, event, RULES, NOW)
                if after != case:
                    found.setdefault((state, type(event)), set()).add(_outcome(case, after))
    return {at: frozenset(outcomes) for at, outcomes in found.items()}


def _outcome(before: Case, after: Case) -> tuple[str, str]:
    tell = after.tell if after.tell != before.tell else ""
    if after.state is before.state:
        return "stays", tell
    return f"closed ({after.closed.reason})" if after.state is State.CLOSED and after.closed else str(after.state), tell
