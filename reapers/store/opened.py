"""The open cases as this process last read them: of a hundred thousand, only those that changed by the trail are read again.

Every step of a case has its row in the trail, in the same transaction, so the rows after the one that was seen last name all that
changed. Where that row is not there any more (a database that was restored from a backup) everything is read anew.
"""

from __future__ import annotations

from threading import Lock

from sqlalchemy import Connection, select

from engine.case import Case
from reapers.store import audit, codec
from reapers.store.tables import audit as trail
from reapers.store.tables import cases
from reapers.store.values import AuditHead


class Opened:
    """Kept between readings; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._seen: AuditHead | None = None
        self._cases: dict[str, Case] = {}

    def read(self, connection: Connection) -> list[Case]:
        """Every open case, oldest first."""
        with self._lock:
            head = audit.head(connection)  # first: what changes after this is read once more, never missed
            if self._seen is None or not (head == self._seen or audit.passes(connection, [self._seen]).ok):
                self._cases = _in_order(_all(connection))
            elif head != self._seen:
                self._cases = self._with_changes(connection, self._seen.seq)
            self._seen = head
            return list(self._cases.values())

    def _with_changes(self, connection: Connection, seq: int) -> dict[str, Case]:
        """The cases of now. A case that keeps its place in the order is changed where it stands."""
        changed = cases.c.id.in_(select(trail.c.case_id).where(trail.c.seq > seq))
        found, in_order = self._cases, True
        for id, is_open, body in connection.execute(select(cases.c.id, cases.c.is_open, cases.c.body).where(changed)):
            before = found.pop(id, None) if not is_open else found.get(id)
            if is_open:
                found[id] = codec.case_from(body)
                in_order &= before is not None and before.opened == found[id].opened
        return found if in_order else _in_order(list(found.values()))


def _all(connection: Connection) -> list[Case]:
    return [codec.case_from(body) for body in connection.execute(select(cases.c.body).where(cases.c.is_open)).scalars()]


def _in_order(found: list[Case]) -> dict[str, Case]:
    return {case.id: case for case in sorted(found, key=lambda case: (case.opened, case.id))}
