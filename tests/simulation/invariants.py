"""What must hold after every round, I1 to I10 of safety.md: the cloud's own log against the ledger's trail.

Nothing here asks the product whether it did right: who may agree, how many may go and what is protected stands in
simulation/documents.py and in the cloud's own memory.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import text

from engine.case import Case, State
from engine.model import Inventory, Mode
from reapers.store import AuditRow
from reapers.store.ledger import Ledger
from simulation.arrivals import Arrivals, Broken, Intent
from simulation.branch import Branch
from simulation.calls import Received
from simulation.channel import Channel
from simulation.cloud import SimulatedCloud
from simulation.documents import (
    ALL_PER_DAY,
    ALL_PER_HOUR,
    PER_DAY,
    PER_HOUR,
)
from simulation.estate import Estate
from simulation.people import People


@dataclass(slots=True, kw_only=True)
class Invariants:
    """Reads what is new since the last round."""

    ledger: Ledger
    cloud: SimulatedCloud
    estate: Estate
    branch: Branch
    channel: Channel
    people: People
    newest: Callable[[], Inventory | None]
    lost_answers: Callable[[], int]
    row: int = 0
    frozen: bool = False
    intents: list[Intent] = field(default_factory=list)
    opened: set[str] = field(default_factory=set)
    told: int = 0
    notices: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    copies: Counter[str] = field(default_factory=Counter)

    def received(self, call: Received) -> None:
        """At the cloud's door."""
        self._read_trail()
        Arrivals(
            ledger=self.ledger, cloud=self.cloud, estate=self.estate, branch=self.branch, channel=self.channel, people=self.people
        ).check(call, self.intents)  # fmt: skip

    # --- after each round -----------------------------------------------------------------------------------------------

    def after_round(self) -> None:
        """Everything that can be seen when a round is over, or was cut off."""
        self._read_trail()
        self._one_open_case()
        self._notices()
        self._gaps(self.newest())

    def _read_trail(self) -> None:
        for row in self.ledger.audit_rows(self.row):
            self.row = row.seq
            self._row(row)

    def _row(self, row: AuditRow) -> None:
        match row.event:
            case "frozen":
                self.frozen = True
            case "unfrozen":
                self.frozen = False
            case "opened":
                if row.case in self.opened:
                    raise Broken(f"I4: {row.case} was opened twice")
                self.opened.add(row.case)
            case "told":
                if not any(message.receipt == row.data["receipt"] for message in self.channel.messages[-50:]):
                    raise Broken(f"I2: {row.case} was told by {row.data['receipt']}, which nobody has")
            case "began":
                self._began(row)
        if row.case and row.event != "began" and "verb" in row.data and "action" in row.data:
            self._ended(row)
        if row.state == "closed":
            self._closed(row)

    def _began(self, row: AuditRow) -> None:
        if self.frozen:
            raise Broken(f"I6: {row.data['verb']} of case {row.case} began while everything was frozen")
        case = self.ledger.case(row.case)
        assert case is not None  # its row is in the trail
        inventory = self.newest()
        if inventory is not None and inventory.in_gap(case.key):
            raise Broken(f"I8: {row.data['verb']} of {case.key} began though the last scan could not see it")
        made = Intent(
            case=row.case,
            verb=str(row.data["verb"]),
            generation=int(row.data["generation"]),
            action=str(row.data["action"]),
            row=row.seq,
            at=row.at,
            policy=case.policy,
            team=case.team,
            account=case.key.account,
        )
        if any((each.case, each.verb, each.generation) == (made.case, made.verb, made.generation) for each in self.intents):
            raise Broken(f"I3: a second intent to {made.verb} case {made.case} in generation {made.generation}")
        self.intents.append(made)
        self._caps(made)

    def _ended(self, row: AuditRow) -> None:
        for each in reversed(self.intents):
            if (each.case, each.action) == (row.case, row.data["action"]):
                if each.ended is None:
                    each.ended = row.seq
                    each.void = row.event == "voided" or "had no effect" in str(row.data)
                return

    def _closed(self, row: AuditRow) -> None:
        case = self.ledger.case(row.case)
        if case is None or case.closed is None:
            return
        if str(case.closed.reason) in ("vanished", "reborn") and self.estate.ended.get(case.key) == "us":
            raise Broken(f"I7: we deleted {case.key}, and case {case.id} says that it {case.closed.reason}")

    def _caps(self, made: Intent) -> None:
        """Acts that had no effect do not count; every other does, in every window that ends with this one."""
        lately = [each for each in self.intents if not each.void and each.at > made.at - timedelta(days=1) and each.at <= made.at]
        hour = [each for each in lately if each.at > made.at - timedelta(hours=1)]
        for name in ("account", "policy", "team"):
            mine = getattr(made, name)
            if sum(getattr(each, name) == mine for each in hour) > PER_HOUR:
                raise Broken(f"I5: more than {PER_HOUR} acts in an hour for {name} {mine}")
            if sum(getattr(each, name) == mine for each in lately) > PER_DAY:
                raise Broken(f"I5: more than {PER_DAY} acts in a day for {name} {mine}")
        if len(hour) > ALL_PER_HOUR or len(lately) > ALL_PER_DAY:
            raise Broken(f"I5: {len(hour)} acts in an hour and {len(lately)} in a day for the organization")

    def _one_open_case(self) -> None:
        with self.ledger.database.reading() as connection:
            double = connection.execute(
                text("select key_ref from cases where is_open group by key_ref having count(*) > 1")
            ).all()
            count = connection.execute(text("select count(*) from cases")).scalar_one()
            acting = (
                connection.execute(text("select id from cases where state in ('stopping', 'deleting') order by id"))
                .scalars()
                .all()
            )
            open_ = connection.execute(text("select case_id from intents where status = 'open' order by case_id")).scalars().all()
        if double:
            raise Broken(f"I4: more than one open case for {[each.key_ref for each in double]}")
        if count != len(self.opened):
            raise Broken(f"I4: {len(self.opened)} cases were opened and {count} are there")
        if list(acting) != list(open_):
            raise Broken(f"I4: {acting} are stopping or deleting, and {open_} have an open intent")

    def _notices(self) -> None:
        for message in self.channel.messages[self.told :]:
            notice = message.notice
            if notice.page:
                self.copies[f"page {notice.id}"] += 1
                continue
            self.notices[notice.team, str(notice.day)].add(notice.id)
            self.copies[notice.id] += 1
            if len(self.notices[notice.team, str(notice.day)]) > 1:
                raise Broken(f"I9: {notice.team} was told twice on {notice.day}")
        self.told = len(self.channel.messages)
        twice = sum(count - 1 for count in self.copies.values())
        if twice > self.lost_answers():
            raise Broken(f"I9: {twice} messages were sent again, and only {self.lost_answers()} answers were lost")

    def _gaps(self, inventory: Inventory | None) -> None:
        """No case counts a scan that could not see its resource. By the scan's own moment: a reaper that died between keeping one
        scan and judging it counts that one later, in the same round as the next.
        """
        for case in self.ledger.open_cases() if inventory else ():
            if inventory and inventory.in_gap(case.key) and case.agreed_as_of == inventory.as_of:
                raise Broken(f"I8: a scan that could not see {case.key} counts for it")

    # --- at the end -----------------------------------------------------------------------------------------------------

    def at_the_end(self) -> None:
        """The trail is whole and explains everything that the cloud was asked for."""
        self._read_trail()
        check = self.ledger.verify_audit()
        if not check.ok:
            raise Broken(f"I7: the trail breaks at row {check.broken_at}: {check.fault}")
        rows: Mapping[str, set[str]] = self._events()
        for call in self.cloud.log:
            wanted = {"backup": "backup began", "start": "restore_asked", "restore": "restore_asked"}.get(call.verb)
            if wanted and wanted not in rows[call.case]:
                raise Broken(f"I7: the trail does not say why {call.verb} of {call.key} was asked for")
        for key, who in self.estate.ended.items():
            sent = any(call.verb == "delete" and call.key == key and call.effect for call in self.cloud.log)
            if (who == "us") != sent and who == "us":
                raise Broken(f"I7: {key} was deleted by us without a call")

    def _events(self) -> Mapping[str, set[str]]:
        events: defaultdict[str, set[str]] = defaultdict(set)
        for row in self.ledger.audit_rows():
            events[row.case].add(row.event)
        return events


def ended(case: Case) -> bool:
    """Whether a case is over: gone, closed, or one that may only be told of, and was."""
    told = case.lead.mode.rank <= Mode.NOTIFY.rank and case.told is not None and not case.tell
    return case.state in (State.CLOSED, State.DELETED) or told
