"""The policy documents as values. engine/load.py makes them from YAML; everything else only reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from engine.model import KindTable, Mode

if TYPE_CHECKING:
    from engine.condition import Condition


@dataclass(frozen=True, slots=True)
class Duration:
    """A span as people write it: hours, or working days of the owning team's calendar (`bd`)."""

    hours: int = 0
    working_days: int = 0

    def __str__(self) -> str:
        if self.working_days:
            return f"{self.working_days}bd"
        return f"{self.hours // 24}d" if self.hours % 24 == 0 else f"{self.hours}h"

    @property
    def comparable(self) -> timedelta:
        """For comparing two durations only: one working day counts as one day."""
        return timedelta(hours=self.hours, days=self.working_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """Who a document is and where it stands: `file:line`, 1-based, in the commit the set was loaded from."""

    name: str
    owner: str = ""
    file: str = ""
    line: int = 1


class Approval(StrEnum):
    """Who must agree before an act, weakest first."""

    NONE = "none"
    OWNER = "owner"
    OWNER_AND_PLATFORM = "owner+platform"

    @property
    def rank(self) -> int:
        """0 for none to 2 for owner+platform."""
        return RANKS[self]


RANKS = {approval: rank for rank, approval in enumerate(Approval)}
"""Looked up for every resource that is judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """A row of Organization.spec.accounts. `match` holds globs for cloud, id, name, ou, folder; all must match."""

    match: Mapping[str, str]
    environment: str = ""
    team: str = ""
    mode: Mode = Mode.OBSERVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The floor of an environment: approvals it demands, and whether silence may delete there."""

    stop: Approval = Approval.NONE
    delete: Approval = Approval.OWNER
    silent_delete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Protect:
    """What is never touched: any value of these tags, these accounts, these resources (ids or keys)."""

    tags: tuple[str, ...] = ("do-not-delete", "sexton:keep")
    accounts: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When acts may run, in the owning team's zone: ISO weekdays (1 = Monday), minutes after midnight, `end` exclusive."""

    days: tuple[int, ...] = (1, 2, 3, 4)
    start: int = 10 * 60
    end: int = 16 * 60
    closed: tuple[tuple[date, date], ...] = ()
    """Closed periods, both ends included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grace:
    """The least time between telling an owner and an act; `unowned` is added where there is no owner."""

    stop: Duration = Duration(working_days=1)
    delete: Duration = Duration(working_days=3)
    unowned: Duration = Duration(hours=7 * 24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many acts (stops and deletes) may happen; None is no limit of that sort. Dollars are monthly list prices."""

    per_hour: int | None = None
    per_day: int | None = None
    percent_per_day: Decimal | None = None
    dollars_per_day: Decimal | None = None


ORGANIZATION_LIMITS = Limits(per_hour=5, per_day=20, percent_per_day=Decimal(1), dollars_per_day=Decimal(5000))


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """The estate and the ceilings that no other document can raise. The defaults are the contract's."""

    meta: Meta = Meta(name="default")
    platform: tuple[str, ...] = ()
    accounts: tuple[AccountRow, ...] = ()
    environments: Mapping[str, Environment] = field(default_factory=dict)
    protect: Protect = Protect()
    hours: Hours = Hours()
    grace: Grace = Grace()
    persistence_scans: int = 3
    persistence_over: Duration = Duration(hours=24)
    min_age: Duration = Duration(hours=14 * 24)
    limits: Limits = ORGANIZATION_LIMITS
    """Each per account, per policy and per team."""
    total: Limits = Limits()
    """For the whole organization (`limits.organization`)."""
    approve_by: Duration = Duration(hours=14 * 24)
    execute_by: Duration = Duration(hours=7 * 24)
    snooze: Duration = Duration(hours=14 * 24)
    snoozes: int = 2
    keep: Duration = Duration(hours=90 * 24)
    undo: Duration = Duration(hours=30 * 24)
    longest_exemption: Duration = Duration(hours=365 * 24)
    review_resources: int = 500
    review_dollars: Decimal = Decimal(10000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Whom to tell and who may agree. People are e-mail addresses, lower case."""

    meta: Meta
    aliases: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    group: str = ""
    approvers: tuple[str, ...] = ()
    """Empty: everyone in the team."""
    slack: str = ""
    email: str = ""
    time_zone: str = "UTC"
    holidays: str = ""
    when_silent: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The document's name."""
        return self.meta.name


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerSource:
    """One place to read an owner from: tag (keys), map (rules), backstage, iac, creator, account."""

    source: str
    tags: tuple[str, ...] = ()
    path: str = ""
    rules: tuple[tuple[str, str], ...] = ()
    """For a map: (pattern, team) in file order; the last that matches wins, as in CODEOWNERS. An empty team is "no owner"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """Where the field `owner` is read from, in order, and which sources count."""

    meta: Meta
    sources: tuple[OwnerSource, ...]
    counts: tuple[str, ...] = ("tag", "map", "backstage", "iac")


@dataclass(frozen=True, slots=True, kw_only=True)
class TTLRule:
    """A row of TTL.spec.rules; empty tuples match all. Durations are whole days or hours."""

    environment: tuple[str, ...] = ()
    resource: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    default: Duration | None = None
    longest: Duration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TTL:
    """Where the field `ttl_days_left` comes from: a tag, else the first rule that matches."""

    meta: Meta
    tags: tuple[str, ...] = ("ttl", "expires")
    rules: tuple[TTLRule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of `when` and where it stands in its file (1-based)."""

    text: str
    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which resources a document speaks of: kinds (patterns expanded to names) and a condition; no condition is "all"."""

    kinds: frozenset[str]
    when: Condition | None
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reap:
    """The only document with a ladder. `after` holds the rungs notify, stop, delete that it has."""

    meta: Meta
    selects: Selection
    after: Mapping[Mode, Duration]
    before_delete: tuple[str, ...] = ("backup",)
    approval: Mapping[Mode, Approval] = field(default_factory=lambda: {Mode.STOP: Approval.NONE, Mode.DELETE: Approval.OWNER})
    mode: Mode = Mode.DELETE
    limits: Limits = Limits()
    without_condemn: bool = False
    """Whether it may also delete where the cloud would delete what is not condemned (`KindTable.untied`)."""
    only_team: str = ""
    """Set where the document's owner is not a platform team: it applies only where `team` is this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """What is spared from which policies, until the end of a day in UTC."""

    meta: Meta
    of: tuple[str, ...]
    selects: Selection
    until: date
    reason: str
    only_team: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizing:
    """Defaults and ceilings by environment. Checked now, judged by a later issue."""

    meta: Meta
    selects: Selection
    default: str = ""
    max: Mapping[str, Decimal] = field(default_factory=dict)
    allow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A team's month. Checked now, judged by a later issue. Alerts are percent."""

    meta: Meta
    team: str
    amount: Decimal
    currency: str = "USD"
    actual: tuple[int, ...] = (80, 100)
    projected: tuple[int, ...] = (100, 120)
    slack: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedCost:
    """How a shared service's cost is split. Checked now, applied when bills are imported."""

    meta: Meta
    when: Condition
    split: str
    shares: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """One expected verdict of a PolicyTest."""

    policy: str
    id: str
    verdict: str
    reason: str = ""
    missing: tuple[str, ...] = ()
    line: int = field(default=0, compare=False)
    """Where it stands in its file, 1-based; 0 where it is from no file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTest:
    """Resources in, expected verdicts out. `resources` are rows as written."""

    meta: Meta
    policies: tuple[str, ...]
    as_of: datetime
    resources: tuple[Mapping[str, Any], ...]
    expect: tuple[Expect, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySet:
    """Everything a commit says, loaded without a problem."""

    organization: Organization = Organization()
    teams: Mapping[str, Team] = field(default_factory=dict)
    ownership: Ownership | None = None
    ttl: TTL | None = None
    reaps: Mapping[str, Reap] = field(default_factory=dict)
    exemptions: tuple[Exemption, ...] = ()
    sizings: tuple[Sizing, ...] = ()
    budgets: tuple[Budget, ...] = ()
    shared_costs: tuple[SharedCost, ...] = ()
    tests: tuple[PolicyTest, ...] = ()
    kinds: Mapping[str, KindTable] = field(default_factory=dict)
    commit: str = ""
    """The commit that the set was loaded from; empty for a folder that is not in git."""

    def team(self, name: str) -> Team | None:
        """A team by its name or one of its aliases, without regard to case."""
        wanted = name.strip().lower()
        return next(
            (team for team in self.teams.values() if wanted in (team.name, *(alias.lower() for alias in team.aliases))), None
        )

    def is_platform(self, team: str) -> bool:
        """Whether a team's documents reach everywhere and its people count as `platform`."""
        return team in self.organization.platform
