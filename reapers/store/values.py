"""What goes into the ledger and comes out of it. All times are aware and UTC."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal

from engine.case import Action, Case
from engine.holds.hold import Hold
from engine.limits import Usage
from engine.model import Verb

Outcome = Literal["done", "void", "denied"]
"""How an intent ended: the cloud did it; it had no effect and does not count; the cloud refused."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a case's history. `who` is empty where nobody but time, a scan or Sexton itself moved it."""

    at: datetime
    event: str
    who: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to act on a case for some seconds of the database's time. `case` is its id; each claim has a higher fence."""

    case: str
    fence: int
    worker: str


@dataclass(frozen=True, slots=True)
class Shield:
    """A promise to leave a resource alone until then: by one policy, or by all where `policy` is empty."""

    key_ref: str
    policy: str
    until: datetime
    who: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One step of one case, for `save_all`. Without `before` the case is opened."""

    before: Case | None
    after: Case
    event: str
    who: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    lease: Lease | None = None
    shields: Sequence[Shield] = ()
    """Shields that come with the step, in the same transaction: a rejection, a restored resource."""


@dataclass(frozen=True, slots=True)
class Freeze:
    """Nothing may act: who said so, why, since when."""

    who: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Control:
    """What holds acts back, as the transaction that writes the intent sees it."""

    at: datetime
    """What time it is by the database's clock."""
    frozen: Freeze | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    shields: tuple[Shield, ...] = ()
    """The shields of the resource that are in force."""
    holds: tuple[Hold, ...] = ()
    """Every hold that stands."""


Check = Callable[[Usage, Control], str]
"""The guards inside the transaction: the name of the one that blocks, or "". It must not write to the ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """Written before the call that it announces. While it is open, only reading the cloud says what became of that call."""

    action: Action
    at: datetime
    fence: int
    version: int
    """The case's version that the intent was written with."""
    not_after: datetime
    """The call may not be sent later; the database's time."""
    left: float
    """Seconds until `not_after` when this was read, by the database's time; negative when past."""
    status: Literal["open", "done", "void", "denied"] = "open"

    @property
    def case(self) -> str:
        """The case's id."""
        return self.action.case

    @property
    def verb(self) -> Verb:
        """What was to be done."""
        return self.action.verb

    @property
    def generation(self) -> int:
        """The case's generation."""
        return self.action.generation


@dataclass(frozen=True, slots=True)
class Post:
    """One message in the outbox. `payload` and `cases` are JSON; `cases` says which it lists and what it promised."""

    id: str
    dedupe: str
    """A second message with the same one is not sent."""
    team: str
    channel: str
    payload: Mapping[str, Any]
    cases: Sequence[Mapping[str, Any]] = ()
    day: date | None = None
    """The team's own day that it counts for; None: the day of posting in UTC."""
    attempts: int = 0
    """Failed deliveries so far, and why the last one failed."""
    error: str = ""


class TokenRole(StrEnum):
    """What the bearer of a token may do, least first."""

    VIEWER = "viewer"
    APPROVER = "approver"
    OPERATOR = "operator"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """0 for viewer to 3 for admin."""
        return list(TokenRole).index(self)


@dataclass(frozen=True, slots=True)
class Person:
    """Who a token belongs to: an e-mail address in lower case."""

    email: str
    role: TokenRole


@dataclass(frozen=True, slots=True)
class Token:
    """What the ledger knows of a token: everything but its secret."""

    id: str
    person: Person
    created: datetime
    expires: datetime
    revoked: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One row of the trail: what happened, chained to the row before it by SHA-256."""

    seq: int
    at: datetime
    event: str
    who: str
    case: str
    """Empty where it is about no case (freeze, tokens)."""
    version: int
    state: str
    commit: str
    """The policies' commit that was in force."""
    digest: str
    """SHA-256 of the case as stored by this step."""
    data: Mapping[str, Any]
    prev: str
    hash: str
    key: str = ""
    """The resource of the case, looked up for readers; the hash does not cover it."""


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The trail's last row at some moment: kept elsewhere, it shows a tail that was cut off and a chain that was made anew."""

    seq: int
    """0 and 64 zeros: there was no row yet."""
    hash: str
    """The whole hash, or its beginning."""


class AuditFault(StrEnum):
    """What is wrong at the first row that is."""

    CHANGED = "changed"
    """Its content is not what its hash says."""
    MISSING = "missing"
    """The row that belongs there was taken out, or rows changed places."""
    CUT = "cut"
    """The trail ends before a head that was kept elsewhere."""
    REWRITTEN = "rewritten"
    """The chain is whole, but not the one that a head kept elsewhere was the end of."""
    CASE = "case"
    """A case is stored otherwise than the trail's last word on it."""


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """Whether the trail is whole. `head` is its last hash: keep it elsewhere, and a cut tail can be found too."""

    ok: bool
    rows: int
    broken_at: int | None
    """The first row that is wrong, or missing."""
    head: str
    fault: AuditFault | None = None
    """What is wrong there; None while all is well."""
