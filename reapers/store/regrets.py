"""Regrets, written with the step that says them: the third of a day holds the policy in that account in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection, func, insert, select

from engine.case import Case
from engine.holds.hold import Cause
from engine.holds.look import Opening
from engine.holds.regrets import ACTS, DAY, Regret, Regretted, regret_of, too_many
from engine.model import Key
from reapers.store import holds
from reapers.store.tables import cases, intents, regrets
from reapers.store.tables import holds as rows


def heed(connection: Connection, before: Case, after: Case, who: str, at: datetime) -> None:
    """Remembers what a step regrets; holds the policy in the account once there are too many. One that stands is enough."""
    what = regret_of(before, after)
    if what is None:
        return
    policy, account = before.policy, before.key.account
    named = {"policy": policy, "account": account, "what": str(what), "who": who}
    connection.execute(insert(regrets).values(case_id=after.id, version=after.version, at=at, **named))
    released, stands = _last_hold(connection, policy, account)
    if stands:
        return
    acts = _last_acts(connection, policy, account)
    recent = _since(connection, policy, account, at - DAY, released)
    over_acts = _since(connection, policy, account, acts[-1] if acts else at, released)
    if too_many(len(recent), len(over_acts), len(acts)):
        holds.open_one(connection, _opening(policy, account, max(recent, over_acts, key=len)), at)


def _opening(policy: str, account: str, regretted: Sequence[Regretted]) -> Opening:
    data = {
        "evidence": regretted[-1].at.isoformat(),
        "regrets": [[each.case, str(each.what)] for each in regretted],
        "people": sorted({each.who for each in regretted if each.who}),
    }
    return Opening(cause=Cause.REGRETS, subject=policy, account=account, until=None, data=data)


def _last_hold(connection: Connection, policy: str, account: str) -> tuple[datetime | None, bool]:
    """When the last such hold was released, whose regrets count no more; and whether one stands."""
    place = rows.c.cause == str(Cause.REGRETS), rows.c.subject == policy, rows.c.account == account
    stands = connection.execute(select(func.count()).where(*place, rows.c.released.is_(None))).scalar_one() > 0
    return connection.execute(select(func.max(rows.c.released)).where(*place)).scalar(), stands


def _since(connection: Connection, policy: str, account: str, since: datetime, released: datetime | None) -> list[Regretted]:
    """The regrets from a moment on, oldest first, but for those that a released hold has answered."""
    query = select(regrets).where(regrets.c.policy == policy, regrets.c.account == account, regrets.c.at >= since)
    if released is not None:
        query = query.where(regrets.c.at > released)
    found = connection.execute(query.order_by(regrets.c.at, regrets.c.case_id))
    return [Regretted(at=row.at, case=row.case_id, what=Regret(row.what), who=row.who) for row in found]


def _last_acts(connection: Connection, policy: str, account: str) -> list[datetime]:
    """When the policy's last acts in the account began, newest first, at most ACTS."""
    acts = select(intents.c.at, cases.c.key_ref).join(cases, cases.c.id == intents.c.case_id)
    counted = acts.where(cases.c.policy == policy, intents.c.status != "void").order_by(intents.c.at.desc())
    there = (row.at for row in connection.execute(counted) if Key.parse(row.key_ref).account == account)
    return list(islice(there, ACTS))
