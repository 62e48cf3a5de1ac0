"""Who may do what to a case: a person, the policies and the case go in, a role or a refusal comes out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from engine.case import ACTING, Action, Agreement, Case, State
from engine.model import Mode, Verb
from engine.policy import Approval, PolicySet
from engine.schedule import RUNGS
from engine.teams import Access, Person, approves_for, has_owner, in_owning_team, of_platform, same

OWNER, PLATFORM = "owner", "platform"
"""The two roles of an approval."""

OVER = frozenset({State.DELETED, State.RESTORING, State.CLOSED})
"""The resource is gone or on its way back."""

ENOUGH_OF_HASH = 16
"""So many hex digits of an action hash name it: what a Slack button has room for."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not, as one sentence for the person who asked. `forbidden`: it is about who they are, not about the case."""

    sentence: str
    forbidden: bool = False


def may_fill(person: Person, role: str, case: Case, policies: PolicySet) -> bool:
    """Whether somebody may fill a role. Where no known team owns it, an approver of the platform speaks as owner."""
    if role == OWNER and has_owner(case, policies):
        return approves_for(person, policies.teams.get(case.team))
    return of_platform(person, policies)


def approval_of(case: Case, verb: Verb) -> Approval:
    """What an act of the case's lead policy needs; an act that is no rung of a ladder needs nobody's yes."""
    rung = RUNGS.get(verb)
    return case.terms.approval.get(rung, Approval.OWNER) if rung else Approval.NONE


def needed(case: Case, verb: Verb) -> tuple[str, ...]:
    """The roles that must agree before an act, one person each. Without an owner, `owner` reads `platform`, perhaps twice."""
    owner = OWNER if case.owner else PLATFORM
    return {Approval.NONE: (), Approval.OWNER: (owner,), Approval.OWNER_AND_PLATFORM: (owner, PLATFORM)}[approval_of(case, verb)]


def given(case: Case, action: Action) -> tuple[Agreement, ...]:
    """Who has agreed to exactly this action."""
    return tuple(agreement for agreement in case.agreements if agreement.action == action.hash)


def missing(case: Case, action: Action) -> tuple[str, ...]:
    """The roles that are still open."""
    left = list(needed(case, action.verb))
    for agreement in given(case, action):
        if agreement.role in left:
            left.remove(agreement.role)
    return tuple(left)


def stands(yes: Agreement, case: Case, policies: PolicySet) -> bool:
    """Whether whoever agreed may still fill that role today: the policies may have taken them off the team since."""
    person = Person(email=yes.who, access=Access.APPROVER, groups=frozenset(yes.groups))
    return may_fill(person, yes.role, case, policies)


def names(offered: str, action: Action) -> bool:
    """Whether what was offered for approval is this action: its whole hash, or enough of its beginning."""
    return len(offered) >= ENOUGH_OF_HASH and action.hash.startswith(offered.lower())


def approval(person: Person, case: Case, action: Action | None, policies: PolicySet) -> str | Refusal:
    """The role that this person's yes fills, or why it fills none."""
    if not person.access.covers(Access.APPROVER):
        return _needs(person, Access.APPROVER, "approve")
    left = missing(case, action) if action else ()
    if action and any(same(person, yes.who, yes.subject) for yes in given(case, action)):
        return Refusal(f"{person.email} has already agreed to this{'; another person fills the other role' if left else ''}.")
    if case.state is not State.AWAITING_APPROVAL or action is None:
        return Refusal(f"Case {case.id} is {_words(case.state)}: only a case that awaits approval can be approved.")
    if case.asked_by == person.email:
        return Refusal(f"{person.email} asked for this, and nobody approves what they asked for.", forbidden=True)
    mine = next((role for role in left if may_fill(person, role, case, policies)), "")
    return mine or Refusal(f"{person.email} may not approve case {case.id}: {_who_can(left, case, policies)}.", forbidden=True)


def rejecting(person: Person, case: Case, policies: PolicySet) -> Refusal | None:
    """An approver of the team or of the platform may close a case and shield the resource from that policy."""
    if not person.access.covers(Access.APPROVER):
        return _needs(person, Access.APPROVER, "reject")
    if refusal := _movable(case):
        return refusal
    if approves_for(person, policies.teams.get(case.team)) or of_platform(person, policies):
        return None
    return Refusal(
        f"{person.email} may not reject case {case.id}: {_who_can([OWNER, PLATFORM], case, policies)}.", forbidden=True
    )


def keeping(person: Person, case: Case, until: datetime, now: datetime, policies: PolicySet) -> Refusal | None:
    """The owning team's people may keep a resource, up to the organization's limit."""
    if refusal := _movable(case):
        return refusal
    if not in_owning_team(person, case, policies):
        return Refusal(
            f"Only people of team {case.team} may keep this, and {person.email} is not one of them; anybody may snooze it.",
            forbidden=True,
        )
    limit = policies.organization.keep
    if not now < until <= now + limit.comparable:
        return Refusal(f"Keep until a date in the next {limit}; for longer, ask for an Exemption in the policy repository.")
    return None


def snoozing(case: Case, until: datetime, now: datetime, policies: PolicySet) -> Refusal | None:
    """Anybody who signed in may put a case off, a few times and not for long."""
    if refusal := _movable(case):
        return refusal
    organization = policies.organization
    if case.snoozes >= organization.snoozes:
        return Refusal(
            f"Case {case.id} has been snoozed {case.snoozes} times, and that is the limit; team {case.team} may keep it."
        )
    if not now < until <= now + organization.snooze.comparable:
        return Refusal(f"Snooze until a date in the next {organization.snooze}.")
    return None


def disowning(person: Person, case: Case, team: str, policies: PolicySet) -> Refusal | None:
    """Those who are told of a case may say that it is not theirs; another team is told instead."""
    if refusal := _movable(case):
        return refusal
    if case.state in (State.DETECTED, State.KEPT, State.STUCK):
        return Refusal(f"Case {case.id} is {_words(case.state)}: nobody is being told of it at present.")
    if not in_owning_team(person, case, policies):
        return Refusal(
            f"Only people of team {case.team} can say that this is not theirs, and {person.email} is not one of them.",
            forbidden=True,
        )
    if team not in policies.teams:
        return Refusal(f"There is no team {team!r} to tell instead.")
    if team == case.team:
        return Refusal(f"Team {team} is the one that was told; name another.")
    return None


def retrying(person: Person, case: Case, policies: PolicySet) -> Refusal | None:
    """An operator or the owning team sends a stuck case on its way."""
    if case.state is not State.STUCK:
        return Refusal(f"Case {case.id} is {_words(case.state)}, not stuck: there is nothing to retry.")
    return _operates(person, case, policies, "retry")


def restoring(person: Person, case: Case, now: datetime, policies: PolicySet) -> Refusal | None:
    """An operator or the owning team brings back what was stopped, or what was deleted and may still be restored."""
    if case.state is State.DELETED and not case.backed_up:
        return Refusal(f"Case {case.id} was deleted without a backup: there is nothing to restore it from.")
    if case.state is State.DELETED and case.undo_until and now >= case.undo_until:
        return Refusal(
            f"Case {case.id} could be restored until {case.undo_until:%Y-%m-%d %H:%M} UTC; its backup is no longer kept."
        )
    if case.state is not State.DELETED and not stopped_by_us(case):
        return Refusal(f"Case {case.id} is {_words(case.state)}: there is nothing to restore.")
    return _operates(person, case, policies, "restore")


def stopped_by_us(case: Case) -> bool:
    """Whether we stopped it and nothing has happened to it since."""
    return case.rung is Mode.STOP and case.state not in OVER | ACTING


def freezing(person: Person) -> Refusal | None:
    """Halting everything is wide: whoever may agree to anything may also stop it."""
    return None if person.access.covers(Access.APPROVER) else _needs(person, Access.APPROVER, "freeze")


def releasing(person: Person, caused_by: Iterable[str], policies: PolicySet) -> Refusal | None:
    """An approver of the platform lets a policy that rests go on, but for whoever's own word made it rest."""
    if not person.access.covers(Access.APPROVER):
        return _needs(person, Access.APPROVER, "release")
    if not of_platform(person, policies):
        return Refusal(f"{person.email} may not release a hold: {_platform(policies)} can.", forbidden=True)
    if person.email in caused_by:
        another = "another person of platform releases it; where there is none, add one to its team in the policies"
        return Refusal(f"{person.email} helped to cause this hold; {another}.", forbidden=True)
    return None


def _operates(person: Person, case: Case, policies: PolicySet, what: str) -> Refusal | None:
    if person.access.covers(Access.OPERATOR) or in_owning_team(person, case, policies):
        return None
    return Refusal(
        f"{person.email} may not {what} case {case.id}: an operator or somebody of team {case.team} may.", forbidden=True
    )


def _movable(case: Case) -> Refusal | None:
    """What has left, or is leaving at this moment, is no longer changed by a word."""
    if case.state is State.CLOSED:
        return Refusal(f"Case {case.id} is closed.")
    if case.state in (State.DELETED, State.RESTORING):
        return Refusal(f"Case {case.id} is {_words(case.state)}: `sexton restore {case.id}` brings it back.")
    if case.state in ACTING:
        return Refusal(f"Case {case.id} is {_words(case.state)} at this moment; look again in a minute.")
    return None


def _needs(person: Person, access: Access, what: str) -> Refusal:
    return Refusal(f"{person.email} has a {person.access} token; to {what} takes {access} or more.", forbidden=True)


def _who_can(left: Iterable[str], case: Case, policies: PolicySet) -> str:
    platform = _platform(policies)
    owner = f"an approver of team {case.team}" if has_owner(case, policies) else platform
    can = [owner if role == OWNER else platform for role in left]
    return " and ".join(dict.fromkeys(can)) + " can" if can else "it waits for nobody's approval"


def _platform(policies: PolicySet) -> str:
    return f"an approver of {' or '.join(policies.organization.platform) or 'a platform team'}"


def _words(state: State) -> str:
    return str(state).replace("_", " ")
