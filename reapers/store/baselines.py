"""What a look at an inventory is measured against: rules seen in each account, new findings and sizes of the scans before."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, tuple_

from engine.holds.hold import Cause
from engine.holds.look import FEW, SCANS, Known, Learned, Place, Rule
from engine.holds.seen import Pair, Seen
from engine.model import Key, Verb
from reapers.store.codec import parsed
from reapers.store.tables import cases, counts, digests, holds, intents

DAY = timedelta(days=1)

NEW, SIZE = "new", "size"
"""What is counted: new findings of a policy in an account, resources of a kind in an account."""

KEPT = {NEW: SCANS + 1, SIZE: 2}
"""Counts that stay: of the last look, and of those before it that anything is measured against."""


def known(connection: Connection, seen: Seen) -> Known:
    """What was learned before this inventory, as far as deciding on it needs it."""
    counted = _at(connection, seen.as_of)
    many = {pair for pair, found in seen.found.items() if found.new + counted.get(pair, 0) > FEW}
    evidence, standing = _held(connection)
    history = _before(connection, NEW, seen.as_of, {policy for policy, _ in many})
    sizes = {pair: rows[-1] for pair, rows in _before(connection, SIZE, seen.as_of).items()}
    return Known(
        rules={
            (row.policy, row.account): Rule(digest=row.digest, until=row.until) for row in connection.execute(select(digests))
        },
        counted=counted,
        history={pair: [row.number for row in rows] for pair, rows in history.items()},
        sizes={pair: last.number for pair, last in sizes.items()},
        deleted=_deleted(connection, sizes),
        evidence=evidence,
        standing=standing,
    )


def _at(connection: Connection, as_of: datetime) -> Mapping[Pair, int]:
    """What an earlier look at the same inventory counted, under other policies or in another round."""
    rows = connection.execute(select(counts).where(counts.c.what == NEW, counts.c.at == as_of))
    return {(row.name, row.account): row.number for row in rows}


def _before(connection: Connection, what: str, as_of: datetime, names: set[str] | None = None) -> Mapping[Pair, list[Row[Any]]]:
    """The counts of earlier inventories, oldest first: of these names, or of all."""
    query = select(counts).where(counts.c.what == what, counts.c.at < as_of).order_by(counts.c.at)
    if names is not None:
        query = query.where(counts.c.name.in_(names))
    found: defaultdict[Pair, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.name, row.account].append(row)
    return found


def _deleted(connection: Connection, sizes: Mapping[Pair, Row[Any]]) -> Mapping[Pair, int]:
    """What we deleted since each count, and in the day before it."""
    since = min((row.at for row in sizes.values()), default=None)
    if since is None:
        return {}
    done = intents.c.verb == str(Verb.DELETE), intents.c.status == "done", intents.c.at > since - DAY
    query = select(intents.c.at, cases.c.key_ref).join(cases, cases.c.id == intents.c.case_id).where(*done)
    acts = [(row.at, Key.parse(row.key_ref)) for row in connection.execute(query)]
    pairs = ((at, (key.kind, key.account)) for at, key in acts)
    return Counter(pair for at, pair in pairs if pair in sizes and at > sizes[pair].at - DAY)


def _held(connection: Connection) -> tuple[Mapping[Place, str], frozenset[Place]]:
    """The evidence of the newest hold of each place, and the places where one stands."""
    evidence: dict[Place, str] = {}
    standing = set()
    for row in connection.execute(select(holds).order_by(holds.c.at, holds.c.id)):
        place = Cause(row.cause), row.subject, row.account
        evidence[place] = parsed(row.data).get("evidence", "")
        if row.released is None:
            standing.add(place)
    return evidence, frozenset(standing)


def keep(connection: Connection, seen: Seen, learned: Learned) -> None:
    """Remembers what this inventory taught, and forgets what nothing will be measured against."""
    connection.execute(delete(digests).where(digests.c.policy.not_in(seen.rules)))
    for (policy, account), rule in learned.rules.items():
        place = digests.c.policy == policy, digests.c.account == account
        connection.execute(delete(digests).where(*place))
        connection.execute(insert(digests).values(policy=policy, account=account, digest=rule.digest, until=rule.until))
    for what, numbers in ((NEW, learned.new), (SIZE, learned.sizes)):
        _count(connection, what, numbers, seen.as_of)


def _count(connection: Connection, what: str, numbers: Mapping[Pair, int], at: datetime) -> None:
    connection.execute(delete(counts).where(counts.c.what == what, counts.c.at == at))
    rows = [
        {"what": what, "name": name, "account": account, "at": at, "number": number}
        for (name, account), number in numbers.items()
    ]
    if rows:
        connection.execute(insert(counts), rows)
    connection.execute(delete(counts).where(counts.c.what == what, _place().in_(_old(what))))


def _place() -> Any:
    return tuple_(counts.c.name, counts.c.account, counts.c.at)


def _old(what: str) -> Any:
    """All but the newest few of each name and account."""
    newer = func.row_number().over(partition_by=(counts.c.name, counts.c.account), order_by=counts.c.at.desc()).label("newer")
    ranked = select(counts.c.name, counts.c.account, counts.c.at, newer).where(counts.c.what == what).subquery()
    return select(ranked.c.name, ranked.c.account, ranked.c.at).where(ranked.c.newer > KEPT[what])
