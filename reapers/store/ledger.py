"""The ledger: what Sexton remembers. Each method is one transaction, all or nothing; LedgerUnavailable where the database fails.

Safe to use from several threads at once. Calendar times (`at`, `now`) come from the caller's clock, aware; leases and
`not_after` use the database's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Self

from sqlalchemy import select

from engine.case import Action, Case, State
from engine.limits import Usage
from reapers.store import audit, cases, intents, leases, outbox
from reapers.store.backups import Backups
from reapers.store.database import Database, open_database
from reapers.store.deletions import Deletions
from reapers.store.holds import Holds
from reapers.store.migrate import migrate
from reapers.store.once import Once
from reapers.store.opened import Opened
from reapers.store.people import People
from reapers.store.requests import Requests
from reapers.store.tables import database_seconds
from reapers.store.values import Change, Check, Entry, Intent, Lease, Outcome, Post

MOST = 1000
"""The longest page of cases."""


def open_ledger(url: str) -> Ledger:
    """Opens the ledger of a URL and brings its schema up to date."""
    database = open_database(url)
    try:
        migrate(database)
    except BaseException:
        database.close()
        raise
    return Ledger(database)


class Ledger(People):
    """Cases, leases, intents and outbox; freeze, facts, shields, tokens and the trail come from `People`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._opened = Opened()
        self.deletions = Deletions(database)
        self.where = database.where
        """The file, or host and database, for messages."""
        self.holds = Holds(database)
        self.once = Once(database)
        self.requests = Requests(database)
        self.backups = Backups(database)

    def close(self) -> None:
        """Closes every connection; the ledger cannot be used any more."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def database_time(self) -> datetime:
        """The database's clock: leases go by it, and an act refuses when ours differs too much."""
        with self.database.reading() as connection:
            return datetime.fromtimestamp(connection.execute(select(database_seconds())).scalar_one(), UTC)

    # --- cases -----------------------------------------------------------------------------------------------------

    def case(self, id: str) -> Case | None:
        """The case with this id."""
        with self.database.reading() as connection:
            return cases.read(connection, id)

    def open_case(self, key_ref: str) -> Case | None:
        """The open case of a resource, by its key's text."""
        with self.database.reading() as connection:
            return cases.read_open(connection, key_ref)

    def open_cases(self) -> list[Case]:
        """Every open case, oldest first."""
        with self.database.reading() as connection:
            return self._opened.read(connection)

    def waiting(self) -> list[Case]:
        """Every case that awaits approval, oldest first."""
        with self.database.reading() as connection:
            return cases.read_in(connection, State.AWAITING_APPROVAL)

    def to_tell(self) -> list[Case]:
        """Every case, open or closed, that its owner must be told something of, oldest first."""
        with self.database.reading() as connection:
            return cases.read_to_tell(connection)

    def left_condemned(self) -> list[Case]:
        """Every case, open or closed, that left our condemn tag on what is not to be deleted (any more), oldest first."""
        with self.database.reading() as connection:
            return cases.read_left_condemned(connection)

    def cases(
        self,
        *,
        state: State | None = None,
        team: str | None = None,
        due: datetime | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> tuple[list[Case], str | None]:
        """A page of cases in the order of their opening, and the cursor of the next page or None.

        `due`: open ones whose next step is due by then. Pages stay put while cases change. ValueError for a bad cursor.
        """
        wanted = cases.Wanted(state=state, team=team, due=due, cursor=cursor, limit=min(max(limit, 1), MOST))
        with self.database.reading() as connection:
            return cases.page(connection, wanted)

    def history(self, id: str) -> list[Entry]:
        """A case's steps, oldest first."""
        with self.database.reading() as connection:
            return audit.history(connection, id)

    def find(self, text: str) -> list[Case]:
        """Cases that a person may mean: id or its beginning, key, resource id or name; open and newest first, at most 50."""
        with self.database.reading() as connection:
            return cases.find(connection, text)

    def open(self, case: Case, at: datetime, data: Mapping[str, Any] | None = None) -> Case:
        """Stores a new case, as version 1. AlreadyOpen when its resource has an open one."""
        return self.save_all([Change(None, case, "opened", data=data or {})], at)[0]

    def save(  # noqa: PLR0913 - one step with everything that the trail keeps of it
        self,
        before: Case,
        after: Case,
        event: str,
        at: datetime,
        *,
        who: str = "",
        data: Mapping[str, Any] | None = None,
        lease: Lease | None = None,
    ) -> Case:
        """Stores a case's next step, returned as it will be read. Stale when `before` is not the newest; Fenced by its lease."""
        return self.save_all([Change(before, after, event, who, data or {}, lease)], at)[0]

    def save_all(self, changes: Sequence[Change], at: datetime) -> list[Case]:
        """Several steps, all or none. Raises what the first that fails raises."""
        if not changes:
            return []
        with self.database.recording() as connection:
            return [cases.apply(connection, change, at) for change in changes]

    # --- acting ----------------------------------------------------------------------------------------------------

    def claim(self, case: str, worker: str, seconds: float) -> Lease | None:
        """The right to act on a case for so many seconds; None while somebody has it or is just
        writing to it, or there is no such case.

        `worker` names one process: a restarted one waits for its own old lease to run out.
        """
        with self.database.writing() as connection:
            return leases.claim(connection, case, worker, seconds)

    def renew(self, lease: Lease, seconds: float) -> None:
        """So many seconds more, from now. Fenced when it ran out."""
        with self.database.writing() as connection:
            leases.renew(connection, lease, seconds)

    def release(self, lease: Lease) -> None:
        """Gives a case back; nothing happens when the lease ran out before."""
        with self.database.writing() as connection:
            leases.release(connection, lease)

    def begin(  # noqa: PLR0913 - the one place where all of this must come together
        self,
        lease: Lease,
        after: Case,
        action: Action,
        not_after_seconds: float,
        check: Check,
        at: datetime,
        *,
        rule: str | None = None,
    ) -> Intent:
        """The last guards and the intent in one transaction. Only then may the call be sent, within `not_after_seconds`.

        `after` is the case having begun (stopping, deleting), with the version of the case as it was read. `check` gets the usage
        and the control of this very transaction, which nobody changes until it commits. `rule` is the digest of the rule.
        Raises Blocked(guard), Stale, Fenced, or AlreadyBegun for a second act of this verb in this generation.
        """
        order = intents.Order(lease=lease, after=after, action=action, seconds=not_after_seconds, check=check, rule=rule)
        with self.database.recording() as connection:
            return intents.begin(connection, order, at)

    def settle(  # noqa: PLR0913 - outcome and step must be one transaction
        self,
        lease: Lease,
        intent: Intent,
        status: Outcome,
        after: Case,
        event: str,
        at: datetime,
        data: Mapping[str, Any] | None = None,
    ) -> Case:
        """Ends an intent with the case's next step; `after` has the version of the case as it was read. Stale, Fenced."""
        change = Change(after, after, event, data=data or {}, lease=lease)
        with self.database.recording() as connection:
            return intents.settle(connection, intent, status, change, at)

    def open_intents(self) -> list[Intent]:
        """Every intent whose outcome is unknown: read the cloud to settle it, never call again."""
        with self.database.reading() as connection:
            return intents.open_intents(connection)

    def intents(self, case: str) -> list[Intent]:
        """Every intent that a case ever had, oldest first."""
        with self.database.reading() as connection:
            return intents.intents_of(connection, case)

    def usage(self, now: datetime) -> Usage:
        """The acts of the 24 hours before `now` that count against the limits."""
        with self.database.reading() as connection:
            return intents.usage(connection, now)

    # --- outbox ----------------------------------------------------------------------------------------------------

    def post(self, message: Post, at: datetime, changes: Sequence[Change] = ()) -> bool:
        """Stores a message to send, with the steps that go with it. False, and nothing written, when its `dedupe` is there."""
        with self.database.recording() as connection:
            if not outbox.post(connection, message, at):
                return False
            for change in changes:
                cases.apply(connection, change, at)
            return True

    def pending(self, now: datetime) -> list[Post]:
        """Messages to send by now, oldest first, but for those that somebody has taken."""
        with self.database.reading() as connection:
            return outbox.pending(connection, now)

    def take(self, now: datetime, seconds: float = 60, limit: int = 100) -> list[Post]:
        """Messages to send by now, which nobody else gets for so many seconds of the database's time."""
        with self.database.writing() as connection:
            return outbox.take(connection, now, seconds, limit)

    def delivered(self, post: Post, receipt: str, at: datetime, changes: Sequence[Change] = ()) -> bool:
        """Stores a receipt, with the steps that it allows (grace). False, and nothing written, when it was recorded before."""
        with self.database.recording() as connection:
            if not outbox.delivered(connection, post, receipt, at):
                return False
            for change in changes:
                cases.apply(connection, change, at)
            return True

    def failed(self, post: Post, why: str, retry_at: datetime) -> None:
        """Counts a failed attempt and says when the next one may be."""
        with self.database.writing() as connection:
            outbox.failed(connection, post, why, retry_at)

    def posted_today(self, team: str, day: date) -> bool:
        """Whether a team has a message of that day already, delivered or waiting."""
        with self.database.reading() as connection:
            return outbox.posted(connection, team, day)

    def outbox_waiting(self) -> tuple[int, datetime | None]:
        """How many messages are not delivered, and since when the oldest waits."""
        with self.database.reading() as connection:
            return outbox.oldest(connection)
