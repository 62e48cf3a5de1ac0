"""What can happen to a case: the second argument of engine.life.advance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.case import Agreement, Ending, Kept, Starter
from engine.model import Mode, Unknown, Verb
from engine.money import Money
from engine.policy import Approval
from engine.verdict import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A complete scan judged the resource. No findings and nothing undecided: it is spared, and `ending` says how."""

    as_of: datetime
    findings: tuple[Finding, ...]
    """Lead first; empty when none matches."""
    missing: tuple[str, ...] = ()
    """Fields that leave the case's findings undecided; or ("scan",) in a gap."""
    ending: Ending = Ending.NO_LONGER_MATCHES
    team: str = ""
    owner: str = ""
    environment: str = ""
    commit: str = ""
    monthly: Money | None = None
    managed_by: str = ""
    fingerprint: str | Unknown = ""
    name: str = ""
    started: Starter | None = None
    """After our own stop: who has started it; None while it is stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vanished:
    """It is not there any more: absent from a complete cell, or Gone when read, or another life has its name."""

    reborn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticked:
    """Time passed. `held`: only limits, hours or the canary block the act, so `execute_by` stands still.

    `uncalled`: only the guard `notice`, and what time lifts, block it: if a last call is missing, it is sent.
    """

    held: bool = False
    uncalled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A notice that lists this case was received by the channel."""

    channel: str
    receipt: str
    promised: Mapping[Mode, datetime] = field(default_factory=dict)
    mode: Mode = Mode.NOTIFY


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """A person agreed to an action in a role."""

    agreement: Agreement
    needs: Approval


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A person refused."""

    who: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """Keep or snooze, until a date."""

    kept: Kept
    snooze: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Disowned:
    """ "Not mine": the owner evidence is rejected; `team` is who is told instead."""

    who: str
    team: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """A person says that a stuck case may go on."""

    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreAsked:
    """A person wants it back."""

    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    """An act began: for stop and delete the intent is in the ledger; for backup and restore nothing is destroyed."""

    verb: Verb


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What an act returned when it was sent, before it is known to be done: a crash from here on finds it again."""

    verb: Verb
    memory: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The cloud was read and the act is done."""

    verb: Verb
    memory: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voided:
    """The cloud was read and the act had no effect: the intent is void, the next generation goes through every guard again."""

    verb: Verb
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drifted:
    """What will be done has changed since the owner was told (fingerprint): approvals are void, they are told once."""

    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """An act ended in a way that a person must look at. `by`: the ids of what was in its way."""

    verb: Verb
    why: str
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """The ledger is an older copy, and people have agreed to go on with it. What happened since is not in it."""

    gone: bool = False
    """The resource is not there any more."""
    ours: bool = False
    """A backup that we made for this case is there: most likely we deleted it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """What we know of our condemn tag (see engine/condemn.py): `mark`, and when it `began`, was `placed`, or is `sparing`.

    Empty: it is not there any more, or was never written.
    """

    memory: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vetoed:
    """Somebody removed the condemn tag in the cloud: that is a keep, by whoever may write tags there."""

    kept: Kept


Event = (
    Judged | Vanished | Ticked | Delivered | Approved | Rejected | Keeping | Disowned | Retried | RestoreAsked
    | Began | Noted | Settled | Voided | Drifted | Blocked | Recovered | Marked | Vetoed
)  # fmt: skip
