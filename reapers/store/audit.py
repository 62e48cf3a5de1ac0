"""The trail: every step of a case, every freeze and token, in one chain of hashes that shows change, removal and reordering."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, exists, func, insert, or_, select

from engine.case import Case
from engine.model import canonical
from reapers.store import codec
from reapers.store.tables import audit, cases
from reapers.store.values import AuditCheck, AuditFault, AuditHead, AuditRow, Entry

START = "0" * 64
"""The `prev` of the first row."""

HASHED = ("seq", "at", "case_id", "version", "state", "event", "who", "commit_sha", "digest", "data")
"""What a row's hash covers, beside the hash before it. The case's key is not of it: it is looked up for readers."""

LAST = select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
HASH_OF = select(audit.c.hash).where(audit.c.seq == bindparam("row"))
ROW = insert(audit)
"""Made once: every step of every case asks them, and making a statement takes longer than running it."""

LAST_STEPS = select(audit.c.case_id, func.max(audit.c.seq).label("seq")).where(audit.c.case_id != "").group_by(audit.c.case_id)

BATCH = 1000
"""Rows read at once: an export of a million rows must not fill the memory, nor hold a transaction open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What happened, before it has a place in the chain."""

    at: datetime
    event: str
    who: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    case: Case | None = None
    digest: str = ""


def append(connection: Connection, step: Step) -> None:
    """Chains a step to the head. The caller's transaction holds the one writer's lock (`Database.recording`)."""
    last = head(connection)
    case = step.case
    row: dict[str, Any] = {
        "seq": last.seq + 1,
        "at": step.at,
        "case_id": case.id if case else "",
        "version": case.version if case else 0,
        "state": str(case.state) if case else "",
        "event": step.event,
        "who": step.who,
        "commit_sha": case.commit if case else "",
        "digest": step.digest,
        "data": codec.text(step.data),
        "prev": last.hash,
    }
    connection.execute(ROW, {**row, "hash": _hash(row)})


def _hash(row: Mapping[str, Any]) -> str:
    """SHA-256 over the previous hash and the row's canonical JSON, with times in UTC: the same on both databases."""
    content = {name: row[name] for name in HASHED} | {"at": codec.plain(row["at"])}  # the rest is text and whole numbers
    return hashlib.sha256(row["prev"].encode() + b"\n" + canonical(content)).hexdigest()


def digest_of(body: str) -> str:
    """What the trail keeps of a stored case, to find one that was edited behind our back."""
    return hashlib.sha256(body.encode()).hexdigest()


def history(connection: Connection, case: str) -> list[Entry]:
    """A case's steps, oldest first."""
    rows = connection.execute(select(audit).where(audit.c.case_id == case).order_by(audit.c.seq))
    return [Entry(row.at, row.event, row.who, codec.parsed(row.data)) for row in rows]


def batch(connection: Connection, after: int, limit: int = BATCH, since: datetime | None = None) -> list[Row[Any]]:
    """The rows that follow `after`, oldest first, at most `limit`; with `since` only those that happened then or later."""
    query = select(audit, func.coalesce(cases.c.key_ref, "").label("key")).outerjoin(cases, cases.c.id == audit.c.case_id)
    if since is not None:
        query = query.where(audit.c.at >= since)
    return list(connection.execute(query.where(audit.c.seq > after).order_by(audit.c.seq).limit(limit)))


def row_of(row: Row[Any]) -> AuditRow:
    """A stored row as a value."""
    return AuditRow(
        seq=row.seq,
        at=row.at,
        event=row.event,
        who=row.who,
        case=row.case_id,
        version=row.version,
        state=row.state,
        commit=row.commit_sha,
        digest=row.digest,
        data=codec.parsed(row.data),
        prev=row.prev,
        hash=row.hash,
        key=row.key,
    )


def head(connection: Connection) -> AuditHead:
    """The last row's place and hash."""
    row = connection.execute(LAST).first()
    return AuditHead(row.seq, row.hash) if row else AuditHead(0, START)


def matters(connection: Connection, after: int) -> bool:
    """Whether somebody said something, or an act began, in the rows after `after`: what a ledger must not forget."""
    weighty = or_(audit.c.who != "", audit.c.event == "began")
    return bool(connection.execute(select(exists().where(audit.c.seq > after, weighty))).scalar())


def passes(connection: Connection, heads: Iterable[AuditHead]) -> AuditCheck:
    """Whether the rows carry the hashes that heads kept elsewhere say. The hashes are believed here: `verify` proves them."""
    last = head(connection)
    for kept in sorted(heads, key=lambda one: one.seq):
        found = connection.execute(HASH_OF, {"row": kept.seq}).scalar() if kept.seq else START
        if fault := _against(kept, found):
            at = last.seq + 1 if fault is AuditFault.CUT else kept.seq
            return AuditCheck(False, last.seq, at, last.hash, fault)
    return AuditCheck(True, last.seq, None, last.hash)


def _against(kept: AuditHead, found: str | None) -> AuditFault | None:
    if found is None:
        return AuditFault.CUT
    return None if found.startswith(kept.hash) else AuditFault.REWRITTEN


def verify(connection: Connection, heads: Iterable[AuditHead] = ()) -> AuditCheck:
    """Walks the whole chain, then compares each case with the last step that the trail has of it.

    `heads` were kept elsewhere: the chain must still pass through each of them.
    """
    kept = {(one.seq, one.hash): one for one in heads}
    wanted: dict[int, list[AuditHead]] = {}
    for one in kept.values():
        wanted.setdefault(one.seq, []).append(one)
    seq, prev = 0, START
    for row in _all(connection):
        seq += 1
        if fault := _wrong(row, seq, prev) or next(filter(None, (_against(one, row.hash) for one in wanted.pop(seq, ()))), None):
            return AuditCheck(False, seq - 1, seq, prev, fault)
        prev = row.hash
    if any(one.seq > seq for one in kept.values()):
        return AuditCheck(False, seq, seq + 1, prev, AuditFault.CUT)
    broken = _edited(connection, seq) or _removed(connection)
    return AuditCheck(broken is None, seq, broken, prev, None if broken is None else AuditFault.CASE)


def _wrong(row: Row[Any], seq: int, prev: str) -> AuditFault | None:
    if row.seq != seq or row.prev != prev:
        return AuditFault.MISSING
    return None if row.hash == _hash(row._asdict()) else AuditFault.CHANGED


def _all(connection: Connection) -> Iterator[Row[Any]]:
    after = 0
    while rows := batch(connection, after):
        yield from rows
        after = rows[-1].seq


def _edited(connection: Connection, rows: int) -> int | None:
    """The last step of the first case that is not as that step left it; the row after the end where the step is missing."""
    newest = LAST_STEPS.subquery()
    last = (
        select(newest.c.case_id, newest.c.seq, audit.c.version, audit.c.digest)
        .join(audit, audit.c.seq == newest.c.seq)
        .subquery()
    )
    stored = select(cases.c.version, cases.c.body, last.c.seq, last.c.version.label("told"), last.c.digest)
    for row in connection.execute(stored.outerjoin_from(cases, last, cases.c.id == last.c.case_id).order_by(last.c.seq)):
        if row.seq is None or row.version > row.told:
            return rows + 1
        if row.version < row.told or digest_of(row.body) != row.digest:
            return int(row.seq)
    return None


def _removed(connection: Connection) -> int | None:
    """The last step of the first case that is not there any more: cases are closed, never removed."""
    steps = LAST_STEPS.subquery()
    first = select(func.min(steps.c.seq)).outerjoin_from(steps, cases, cases.c.id == steps.c.case_id).where(cases.c.id.is_(None))
    seq: int | None = connection.execute(first).scalar()
    return seq
