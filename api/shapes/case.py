"""`Case` as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from api.shapes.says import says
from api.shapes.times import stamp, stamp_or_none
from engine import people
from engine.case import Case, State
from engine.guards.holding import held_by
from engine.model import Mode
from engine.plan import Skipped, awaiting, hash_of, hold_up
from engine.schedule import action_of
from engine.standing import Standing

if TYPE_CHECKING:
    from datetime import datetime

    from reapers.store.values import Entry


def case_json(case: Case, standing: Standing | None, now: datetime) -> dict[str, Any]:
    """A case as it stands. `standing` says what blocks its next act; without one (no policies yet) `git` does."""
    shape: dict[str, Any] = {
        "schema": "sexton/case@1",
        "id": case.id,
        "key": case.key.ref,
        "name": case.name,
        "team": case.team,
        "owner": case.owner or None,
        "policy": case.policy,
        "also": [finding.policy for finding in case.findings[1:]],
        "state": str(case.state),
        "says": says(case),
        "opened": stamp(case.opened),
        "commit": case.commit,
        "monthly": case.monthly.as_json(),
        "told": _told(case),
        "next": _next(case, standing, now),
        "approval": _approval(case),
        "kept": _kept(case),
    }
    return shape | _more(case) | _with(case, standing)


def _more(case: Case) -> dict[str, Any]:
    """What only some cases have."""
    more: dict[str, Any] = {}
    if case.managed_by:
        more["managed_by"] = case.managed_by
    if case.undo_until:
        more["undo_until"] = stamp(case.undo_until)
    if case.closed:
        more["closed"] = {"reason": str(case.closed.reason), "at": stamp(case.closed.at)}
    return more


def _told(case: Case) -> dict[str, Any] | None:
    return {"at": stamp(case.told.at), "channel": case.told.channel, "receipt": case.told.receipt} if case.told else None


def _next(case: Case, standing: Standing | None, now: datetime) -> dict[str, Any] | None:
    action = action_of(case)
    if action is None:
        return _untold(case, standing)
    held = hold_up(case, standing, now) if standing else Skipped(case=case.id, blocked_by=("git",))
    said = {"why": held.why} if held.why else {}
    return {"verb": str(action.verb), "due": stamp_or_none(case.due), "blocked_by": list(held.blocked_by), **said}


def _untold(case: Case, standing: Standing | None) -> dict[str, Any] | None:
    """What has been found and is not told, because its policy rests."""
    if case.state is not State.DETECTED or standing is None:
        return None
    by = held_by(case, standing.holds)
    return {"verb": str(Mode.NOTIFY), "due": None, "blocked_by": list(by)} if by else None


def _with(case: Case, standing: Standing | None) -> dict[str, Any]:
    """Whose resources go together with it, and the hash that approves all of them that wait for it."""
    company = standing.companies.of(case) if standing else None
    others = company.others(case) if company else ()
    if company is None or not others:
        return {}
    waiting = awaiting(company.cases)
    return {"with": [other.id for other in others], "with_plan": hash_of(waiting) if waiting else None}


def _approval(case: Case) -> dict[str, Any] | None:
    action = action_of(case)
    if action is None or case.state not in (State.AWAITING_APPROVAL, State.APPROVED, State.SNAPSHOTTING):
        return None
    has = [{"role": yes.role, "who": yes.who, "at": stamp(yes.at)} for yes in people.given(case, action)]
    return {
        "action": action.hash,
        "needs": list(people.missing(case, action)),
        "has": has,
        "approve_by": stamp_or_none(case.approve_by),
        "execute_by": stamp_or_none(case.execute_by),
    }


def _kept(case: Case) -> dict[str, Any] | None:
    return {"until": stamp(case.kept.until), "who": case.kept.who, "reason": case.kept.reason} if case.kept else None


def history_json(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """A case's steps, oldest first."""
    return [
        {"at": stamp(entry.at), "event": entry.event, "who": entry.who or None, "data": dict(entry.data)} for entry in entries
    ]
