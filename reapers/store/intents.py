"""Intents: what Sexton is about to do, written before it does it, and settled by reading the cloud, never by calling again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from engine.canary import FEW, Canary
from engine.case import ACTING, Action, Case
from engine.limits import Act, Usage, price_of
from engine.model import Verb
from reapers.store import cases, codec, control, leases
from reapers.store.errors import AlreadyBegun, Blocked, Stale
from reapers.store.tables import database_seconds, intents
from reapers.store.values import Change, Check, Intent, Lease, Outcome

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An act that may begin if `check` agrees: `after` is the case once it has begun, with the version of the case before."""

    lease: Lease
    after: Case
    action: Action
    seconds: float
    """How long the call may still be sent."""
    check: Check
    rule: str | None = None
    """The digest of the rule that it is done under; without one it counts for no canary."""


def begin(connection: Connection, order: Order, at: datetime) -> Intent:
    """The guards' last word and the intent, in the caller's one transaction."""
    action, after = order.action, order.after
    if action.case != after.id or order.lease.case != after.id:
        raise ValueError(f"the action and the lease are not of case {after.id}")
    leases.hold(connection, order.lease)
    if guard := order.check(usage(connection, at), control.read(connection, after.key.ref, at)):
        raise Blocked(guard)
    if after.state not in ACTING:  # after the guards: an act that may not begin is told of by the guard's name
        raise ValueError(f"a case with an open intent is stopping or deleting, not {after.state}")
    data = {"verb": action.verb, "generation": action.generation, "action": action.hash, "worker": order.lease.worker}
    saved = cases.apply(connection, Change(after, after, "began", data=data), at)
    if _row(connection, _same(after.id, action.verb, action.generation)) is not None:
        raise AlreadyBegun(after.id, action.verb, action.generation)
    values = {
        "status": "open",
        "at": at,
        "fence": order.lease.fence,
        "version": saved.version,
        "not_after": database_seconds() + order.seconds,
        "team": after.team,
        "rule": order.rule,
        "kind": action.key.kind,
        "body": codec.action_text(action),
    }
    connection.execute(insert(intents).values(case_id=after.id, verb=str(action.verb), generation=action.generation, **values))
    written = _row(connection, _same(after.id, action.verb, action.generation))
    assert written is not None  # inserted by the line before, in this transaction
    return _intent(written)


def settle(connection: Connection, intent: Intent, status: Outcome, change: Change, at: datetime) -> Case:
    """Ends an intent together with the case's next step. Stale when somebody settled it first."""
    if change.after.state in ACTING:
        raise ValueError(f"a case without an open intent cannot be {change.after.state}")
    mine = intents.c.case_id == intent.case, intents.c.verb == str(intent.verb), intents.c.generation == intent.generation
    ended = update(intents).where(*mine, intents.c.status == "open").values(status=status, settled=at)
    if connection.execute(ended).rowcount != 1:
        raise Stale(intent.case)
    return cases.apply(connection, change, at)


def open_intents(connection: Connection) -> list[Intent]:
    """Every intent whose outcome is not known yet, oldest first."""
    query = _query().where(intents.c.status == "open").order_by(intents.c.at, intents.c.case_id)
    return [_intent(row) for row in connection.execute(query)]


def intents_of(connection: Connection, case: str) -> list[Intent]:
    """Every intent a case ever had, oldest first."""
    query = _query().where(intents.c.case_id == case).order_by(intents.c.at, intents.c.generation)
    return [_intent(row) for row in connection.execute(query)]


def usage(connection: Connection, now: datetime) -> Usage:
    """The acts of the 24 hours before `now`: under way, done or denied. Those without effect do not count."""
    counted = select(intents).where(intents.c.at > now - DAY, intents.c.status != "void").order_by(intents.c.at)
    return Usage(acts=tuple(_act(row) for row in connection.execute(counted)), canaries=_canaries(connection))


def _canaries(connection: Connection) -> Mapping[tuple[str, str], Canary]:
    """How far each rule has come with each kind: its first few deletes that were done or are under way."""
    place = func.row_number().over(partition_by=(intents.c.rule, intents.c.kind), order_by=(intents.c.at, intents.c.case_id))
    proving = intents.c.rule.is_not(None), intents.c.verb == str(Verb.DELETE), intents.c.status.in_(("open", "done"))
    columns = intents.c.rule, intents.c.kind, intents.c.at, intents.c.status
    ranked = select(*columns, place.label("place")).where(*proving).subquery()
    found: dict[tuple[str, str], Canary] = {}
    for row in connection.execute(select(ranked).where(ranked.c.place <= FEW + 1).order_by(ranked.c.place)):
        before = found.get((row.rule, row.kind)) or Canary(proven=row.status == "done")
        found[row.rule, row.kind] = before.with_one(row.at)
    return found


def _act(row: Row[Any]) -> Act:
    action = codec.action_from(row.body)
    return Act(
        at=row.at,
        account=action.key.account,
        kind=action.key.kind,
        policy=action.terms.policy,
        team=row.team,
        verb=action.verb,
        dollars=price_of(action.monthly),
        rule=row.rule or "",
    )


def _query() -> Select[Any]:
    return select(intents, (intents.c.not_after - database_seconds()).label("left"))


def _same(case: str, verb: Verb, generation: int) -> Select[Any]:
    return _query().where(intents.c.case_id == case, intents.c.verb == str(verb), intents.c.generation == generation)


def _row(connection: Connection, query: Select[Any]) -> Row[Any] | None:
    return connection.execute(query).first()


def _intent(row: Row[Any]) -> Intent:
    return Intent(
        action=codec.action_from(row.body),
        at=row.at,
        fence=row.fence,
        version=row.version,
        not_after=datetime.fromtimestamp(row.not_after, UTC),
        left=row.left,
        status=row.status,
    )
