"""A case: one resource's way to an end, its states, and what people said of it. events.py has what can happen to it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine.model import Key, Mode, Verb, canonical
from engine.money import Money
from engine.verdict import Finding, Terms


class State(StrEnum):
    """Where a case stands. Freeze, mode, hours and limits are not states but reasons that block an act."""

    DETECTED = "detected"
    """A policy matches it; nobody has been told."""
    NOTIFIED = "notified"
    """A notice is on its way; there is no receipt yet that lists it."""
    GRACE = "grace"
    """Its owner was told; the clock runs to the next rung."""
    AWAITING_APPROVAL = "awaiting_approval"
    """The next rung is due, and people must agree to it first."""
    APPROVED = "approved"
    """All who must have agreed; it waits for hours, limits and the last look."""
    STOPPING = "stopping"
    """A stop was begun; reading the cloud says what became of it."""
    STOPPED = "stopped"
    """We stopped it; the clock runs to the next rung, and it must stay as we left it."""
    SNAPSHOTTING = "snapshotting"
    """Its backup is being made and verified; nothing is destroyed yet."""
    DELETING = "deleting"
    """A delete was begun; reading the cloud says what became of it."""
    DELETED = "deleted"
    """It is gone and, with a backup, can be restored until a date."""
    RESTORING = "restoring"
    """Somebody wants it back: it is being restored or started."""
    KEPT = "kept"
    """Somebody said keep or snooze: it is left alone until a date, then judged from the beginning."""
    STUCK = "stuck"
    """An act ended badly; nothing happens before a person has looked."""
    CLOSED = "closed"
    """Over, for the reason that it remembers. The same resource may get another case."""


ACTING = frozenset({State.STOPPING, State.DELETING})
"""The states that hold an open destructive intent, and the only ones."""

READY = frozenset({State.APPROVED, State.SNAPSHOTTING})
"""The states from which an act may begin."""


class Ending(StrEnum):
    """Why a case closed."""

    DONE = "done"
    """Deleted, and the time to have it back has passed; or stopped for good."""
    NO_LONGER_MATCHES = "no_longer_matches"
    """No policy matches it any more; what we stopped stays stopped."""
    EXEMPT = "exempt"
    """An exemption in the policy repository spares it."""
    VANISHED = "vanished"
    """Somebody else removed it."""
    REBORN = "reborn"
    """Another resource has its name now."""
    RESTORED = "restored"
    """It was brought back, and is left alone for a while."""
    REJECTED = "rejected"
    """A person said no; that policy leaves it alone for 30 days."""
    LOST = "lost"
    """It went in hours whose record was lost with the ledger: who removed it, we perhaps, is not known."""


class Starter(StrEnum):
    """Who started what we had stopped."""

    SOMEBODY = "somebody"
    """A person, or a program of theirs: it is in use."""
    PROVIDER = "provider"
    """The cloud itself, as RDS does after seven days: nobody asked for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The delivery that listed this case: when, where, the receipt, and what it promised: rung -> not before."""

    at: datetime
    channel: str
    receipt: str
    promised: Mapping[Mode, datetime] = field(default_factory=dict)
    mode: Mode = Mode.NOTIFY
    """The mode the owner was told; a higher one must be told anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A person's yes to exactly one action hash, and the role they filled: owner or platform."""

    role: str
    who: str
    at: datetime
    action: str
    reason: str = ""
    subject: str = ""
    """Who it was as their token, Slack or the identity provider knows them."""
    groups: tuple[str, ...] = ()
    """Their groups of the identity provider then, sorted: the roles are looked at again before the act."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Somebody said keep or snooze."""

    until: datetime
    who: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """How and when it ended."""

    reason: Ending
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One resource's way to an end. Frozen: engine/life.py makes the next one; the ledger stores each with a higher `version`."""

    id: str
    key: Key
    name: str
    opened: datetime
    state: State
    findings: tuple[Finding, ...]
    """Current findings, the lead first."""
    team: str
    owner: str = ""
    """Empty where nobody owns it."""
    disowned: tuple[str, ...] = ()
    """Team and owner as the evidence had them when somebody said "not mine": while it still says so it is not believed."""
    environment: str = ""
    commit: str = ""
    monthly: Money
    managed_by: str = ""
    fingerprint: str = ""
    due: datetime | None = None
    """When the next step may happen; None where only a person or a scan moves it."""
    agreed: int = 0
    """Complete scans that agreed so far, and since when."""
    agreed_since: datetime | None = None
    agreed_as_of: datetime | None = None
    paused_at: datetime | None = None
    """Set while its verdict is undecided or in a gap: the clock stands still."""
    missing: tuple[str, ...] = ()
    rung: Mode = Mode.OBSERVE
    """The last rung that is done, and when."""
    rung_at: datetime | None = None
    told: Told | None = None
    tell: str = ""
    """Why the owner must be told again ("" for nothing to tell): a key of TELLS in engine/tells.py."""
    called: tuple[datetime, ...] = ()
    """The deliveries of the last seven days that named the next act: one of them is its last call."""
    grace_from: datetime | None = None
    """Since when the time until the next act has been running."""
    reminded: bool = False
    """Whether the one reminder of this grace was asked for."""
    generation: int = 0
    """Counts the voided intents: an approval never outlives one."""
    agreements: tuple[Agreement, ...] = ()
    approve_by: datetime | None = None
    execute_by: datetime | None = None
    held_at: datetime | None = None
    """Since when only limits, hours or the canary block it: `execute_by` stands still."""
    escalated: bool = False
    """Whether the team was asked once more after `approve_by`."""
    further: int = 0
    """How many of the team's `when_silent` have been asked since."""
    escalate_at: datetime | None = None
    """When the next of them is asked; None where nobody is left."""
    kept: Kept | None = None
    snoozes: int = 0
    memory: Mapping[Verb, Mapping[str, Any]] = field(default_factory=dict)
    """What acts returned: the restore manifest of a backup, the new id of a restored resource."""
    backed_up: bool = False
    """Whether the backup of this generation has been verified."""
    undo_until: datetime | None = None
    asked_by: str = ""
    """Who asked for the restore that is under way."""
    quarantined: datetime | None = None
    """When we first stopped it: the wait for the next rung counts from there, also where we had to stop it again."""
    restarts: int = 0
    """How often the provider itself has started what we stopped."""
    recreated: str = ""
    """The sentence that something makes it anew whenever it is deleted; it is then only proposed."""
    stuck: str = ""
    stuck_by: tuple[str, ...] = ()
    """The ids of what is in the way, where that is known."""
    stuck_from: State | None = None
    closed: Closed | None = None
    version: int = 0

    @property
    def lead(self) -> Finding:
        """The finding that decides the case's dates and terms."""
        return self.findings[0]

    @property
    def terms(self) -> Terms:
        """What the lead policy promises."""
        return self.lead.terms

    @property
    def policy(self) -> str:
        """The lead policy's name."""
        return self.lead.policy

    @property
    def is_open(self) -> bool:
        """Whether anything may still happen."""
        return self.state is not State.CLOSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What will be done, exactly; its hash is what people approve. Money is recorded beside it."""

    case: str
    generation: int
    key: Key
    fingerprint: str
    verb: Verb
    restore: Mapping[str, Any]
    """The plan of the way back: {"from": "backup"} and such; {} when there is none."""
    terms: Terms
    monthly: Money

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical JSON of what will be done."""
        return hashlib.sha256(canonical(self.as_hashed())).hexdigest()

    def as_hashed(self) -> dict[str, Any]:
        """Exactly what the hash covers: not the commit, money, evidence or dates."""
        return {
            "case": self.case,
            "generation": self.generation,
            "key": self.key.ref,
            "born": self.key.born,
            "fingerprint": self.fingerprint,
            "verb": str(self.verb),
            "restore": dict(self.restore),
            "terms": self.terms.as_json(),
        }
