"""What owners are told: one message per team and day that carries everything. engine/render writes it, reapers/notify sends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from engine.calendar import zone_of
from engine.case import Action, Agreement, Case, Ending, State
from engine.model import Mode, Verb
from engine.money import Money, total
from engine.policy import Approval, Duration, Team
from engine.schedule import action_of
from engine.tells import ACTS, roles, section_of

PREFIX = 16
"""Characters of the action hash that a button carries: 64 bits, and the server compares against its own whole hash."""

UNANSWERED = frozenset({State.DETECTED, State.NOTIFIED, State.GRACE, State.AWAITING_APPROVAL, State.APPROVED, State.STOPPED})
"""The states in which an owner's answer still changes what happens."""

PLANLESS = frozenset({State.KEPT, State.STUCK, State.DELETED, State.RESTORING, State.CLOSED})
"""No act is to come here: what is told names none, so that it is no promise and no last call."""

GONE = frozenset({Ending.DONE, Ending.VANISHED, Ending.REBORN, Ending.LOST})
"""Endings after which there is no such resource."""


class Button(StrEnum):
    """What a person can answer with one click."""

    APPROVE = "approve"
    KEEP = "keep"
    SNOOZE = "snooze"
    NOT_MINE = "not_mine"
    REJECT = "reject"
    RESTORE = "restore"

    @property
    def label(self) -> str:
        """What stands on the button."""
        return str(self).replace("_", " ").capitalize()

    @property
    def command(self) -> str:
        """The same answer on the command line: `sexton cases not-mine CASE`."""
        return str(self).replace("_", "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What a case does not say of itself; all of it may be left out, and the notice then promises less."""

    why: str = ""
    """What the policy saw, as engine/because.py writes it: "detached for 31 days"."""
    undo: Duration | None = None
    """How long what was backed up and deleted can be brought back (`Organization.undo`)."""
    snoozes: int = 2
    """How often a case may be snoozed (`Organization.snoozes`)."""
    silent: tuple[str, ...] = ()
    """Who is asked next where the team is silent (`Team.when_silent`), in order."""
    together: tuple[str, ...] = ()
    """Names of what goes together with it (engine/compound.py)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One case as its owner is told of it. Times are aware; `promised` names only what the mode allows that day."""

    case: str
    team: str = ""
    """Whose case it is, whoever reads of it."""
    title: str
    """What people call the kind: "EBS volume"."""
    name: str
    ref: str
    policy: str
    monthly: Money
    state: State
    tell: str
    """Why they are told: a key of TELLS in engine/tells.py."""
    mode: Mode
    also: tuple[str, ...] = ()
    why: str = ""
    because: str = ""
    """What holds the mode lowest."""
    promised: Mapping[Mode, datetime] = field(default_factory=dict)
    """Rung -> not before; only stop and delete, only those that are still to come."""
    approval: Mapping[Mode, Approval] = field(default_factory=dict)
    owned: bool = True
    action: str = ""
    """The first 16 characters of the action hash, or empty when nothing can be approved."""
    verb: Verb | None = None
    needs: tuple[str, ...] = ()
    """Roles whose yes is missing: `owner`, `platform`."""
    agreed: tuple[str, ...] = ()
    """Who has agreed to this very action."""
    approve_by: datetime | None = None
    backup: bool = False
    undo: Duration | None = None
    undo_until: datetime | None = None
    kept_until: datetime | None = None
    managed_by: str = ""
    recreated: str = ""
    """The sentence that something makes it anew whenever it is deleted."""
    silent: tuple[str, ...] = ()
    """Who is asked next, if nobody answers."""
    together: tuple[str, ...] = ()
    """Names of what goes together with it, all or none."""
    stuck: str = ""
    stuck_by: tuple[str, ...] = ()
    ending: Ending | None = None
    buttons: tuple[Button, ...] = ()
    terms: str = ""
    """The digest of the terms that it speaks of."""

    def told(self) -> dict[str, object]:
        """What its delivery will have said: {case, tell, terms, promised: {rung: RFC 3339}, mode}."""
        promised = {str(rung): at.isoformat() for rung, at in self.promised.items()}
        return {"case": self.case, "tell": self.tell, "terms": self.terms, "promised": promised, "mode": str(self.mode)}

    @property
    def console(self) -> str:
        """The path of the case's page in the console."""
        return f"/cases/{self.case}"

    @property
    def is_proposal(self) -> bool:
        """Whether a stack, module or controller manages it, or makes it anew: then we only propose."""
        return bool(self.managed_by or self.recreated) and not self.acts

    @property
    def is_gone(self) -> bool:
        """Whether the resource does not exist any more."""
        return self.state is State.DELETED or self.ending in GONE

    @property
    def acts(self) -> bool:
        """Whether the mode allows more than telling."""
        return self.mode.rank > Mode.NOTIFY.rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Everything one team is told on one day."""

    id: str
    """`TEAM-YYYY-MM-DD`: at most one message per team and day; the outbox's key against doubles."""
    team: str
    channel: str
    """The team's Slack channel, else its e-mail address, else empty."""
    day: date
    """In the team's zone."""
    zone: str
    items: tuple[Item, ...]
    total: Money
    """What the listed resources that still exist cost a month."""
    link: str = ""
    """Where the console is, without a slash at its end; empty: the words name commands instead."""
    page: tuple[tuple[str, str], ...] = ()
    """What the platform team is told at once, of no case: (the id of a hold, what it says). Such a notice has no items."""

    @property
    def is_personal(self) -> bool:
        """Whether it goes to one person: its team is then their e-mail address."""
        return self.team == self.channel and "@" in self.channel

    def told(self) -> list[dict[str, object]]:
        """What the outbox keeps of each case, for the event of its delivery."""
        return [each.told() for each in self.items]


def item(
    case: Case, promised: Mapping[Mode, datetime], mode: Mode, titles: Mapping[str, str], more: Particulars | None = None
) -> Item:
    """One case as a line of a notice.

    `promised`: rung -> not before (engine/life.py `promise`); `mode`: the mode that is told; `titles`: kind -> title.
    """
    more = more or Particulars()
    action = action_of(case)
    return Item(
        case=case.id,
        team=case.team,
        title=titles.get(case.key.kind, case.key.kind),
        name=case.name or case.key.id,
        ref=case.key.ref,
        policy=case.policy,
        also=tuple(finding.policy for finding in case.findings[1:]),
        why=more.why,
        because=case.lead.because,
        monthly=case.monthly,
        state=case.state,
        tell=case.tell or "found",
        mode=mode,
        promised=_coming(case, promised, mode),
        approval=case.terms.approval,
        owned=bool(case.owner),
        action=action.hash[:PREFIX] if action else "",
        verb=action.verb if action else None,
        needs=_needs(case, action),
        agreed=tuple(yes.who for yes in _agreements(case, action)),
        approve_by=case.approve_by,
        backup="backup" in case.terms.before_delete,
        undo=more.undo,
        undo_until=case.undo_until,
        kept_until=case.kept.until if case.kept else None,
        managed_by=case.managed_by,
        recreated=case.recreated,
        silent=more.silent,
        together=more.together,
        stuck=case.stuck,
        stuck_by=case.stuck_by,
        ending=case.closed.reason if case.closed else None,
        buttons=_buttons(case, action, mode, more.snoozes),
        terms=case.terms.digest,
    )


def compose(team: Team, items: Iterable[Item], now: datetime, link: str = "") -> Notice:
    """The one message of a team and day. What needs an answer comes first, then what is soonest, then what is dearest."""
    day = now.astimezone(zone_of(team.time_zone)).date()
    ordered = tuple(sorted(items, key=lambda each: (section_of(each).rank, *_urgency(each))))
    return Notice(
        id=f"{team.name}-{day.isoformat()}",
        team=team.name,
        channel=team.slack or team.email,
        day=day,
        zone=team.time_zone,
        items=ordered,
        total=total(each.monthly for each in ordered if not each.is_gone),
        link=link.rstrip("/"),
    )


def _urgency(each: Item) -> tuple[float, bool, object, str]:
    dates = [at.timestamp() for at in (*each.promised.values(), *filter(None, [each.approve_by]))]
    return min(dates, default=float("inf")), each.monthly.is_known, -each.monthly.known, each.case


def _coming(case: Case, promised: Mapping[Mode, datetime], mode: Mode) -> dict[Mode, datetime]:
    if case.state in PLANLESS:
        return {}
    return {rung: promised[rung] for rung in ACTS if rung in promised and case.rung.rank < rung.rank <= mode.rank}


def _agreements(case: Case, action: Action | None) -> list[Agreement]:
    return [yes for yes in case.agreements if action and yes.action == action.hash]


def _needs(case: Case, action: Action | None) -> tuple[str, ...]:
    """The roles that are missing while the case waits for them."""
    if action is None or case.state is not State.AWAITING_APPROVAL:
        return ()
    missing = list(roles(case.terms.approval[Mode(action.verb)], owned=bool(case.owner)))
    for yes in _agreements(case, action):
        if yes.role in missing:
            missing.remove(yes.role)
    return tuple(missing)


def _buttons(case: Case, action: Action | None, mode: Mode, snoozes: int) -> tuple[Button, ...]:
    """The answers that can still change something."""
    if case.state is State.DELETED and case.undo_until is not None:
        return (Button.RESTORE,)
    if case.state not in UNANSWERED:
        return ()
    waits = case.state is State.AWAITING_APPROVAL and action is not None
    offered: list[tuple[Button, bool]] = [
        (Button.APPROVE, waits),
        (Button.KEEP, True),
        (Button.SNOOZE, case.snoozes < snoozes and mode.rank > Mode.NOTIFY.rank),
        (Button.NOT_MINE, True),
        (Button.REJECT, waits),
    ]
    return tuple(button for button, allowed in offered if allowed)
