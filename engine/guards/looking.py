"""Guards about the resource as it was read a moment ago, judged once more by the policies in force. A plan has no such look."""

from __future__ import annotations

from engine.case import Action
from engine.guards.guard import Asked, Guard
from engine.judge import is_protected, judge, old_enough
from engine.ladder import CLOUD_PROTECTIONS
from engine.looked import YOUNG, Look
from engine.model import Mode, Unknown
from engine.verdict import Undecided
from engine.view import Context, view


def _protected(asked: Asked) -> bool:
    """Tags that could not be read may protect, and so may a deletion protection: Sexton takes neither away."""
    if asked.look is None:
        return False
    fields = asked.look.resource.fields
    switches = (fields.get(name) for name in CLOUD_PROTECTIONS)
    locked = any(switch is True or isinstance(switch, Unknown) for switch in switches)
    return locked or is_protected(asked.look.resource, asked.standing.policies) is not False


def _evidence(asked: Asked) -> bool:
    """Undecided in the newest inventory, or by what was just read: the lead policy is asked once more."""
    case, context = asked.case, _context(asked)
    if case.paused_at is not None or asked.look is None:
        return case.paused_at is not None
    policy = context.policies.reaps.get(case.policy)
    left = True if case.rung is Mode.STOP else None
    seen = view(asked.look.resource, context, asked.now)
    return policy is None or isinstance(judge(seen, policy, context, asked.now, left=left), Undecided)


def _min_age(asked: Asked) -> bool:
    if asked.look is None:
        return False
    return not old_enough(view(asked.look.resource, _context(asked), asked.now), asked.standing.policies)


def _context(asked: Asked) -> Context:
    standing = asked.standing
    accounts = standing.scanned.accounts if standing.scanned else {}
    return Context(policies=standing.policies, accounts=accounts, server=standing.server)


def _reread(asked: Asked) -> bool:
    look, clocks = asked.look, asked.standing.clocks
    if look is None:
        return asked.last
    if clocks is None or not clocks.database - YOUNG <= look.at <= clocks.database:
        return True
    return asked.action is None or not _bears_out(look, asked.action, asked.standing.policies.commit)


def _bears_out(look: Look, action: Action, commit: str) -> bool:
    """Whether what was read is the reason that people were told, by the policies that run now."""
    event, key = look.event, look.resource.key
    matches = any(finding.terms == action.terms for finding in event.findings)
    return matches and not event.missing and event.commit == commit and key == action.key


LOOKING = (
    Guard(
        number=3,
        name="protected",
        sentence="A tag, its name, its account or the cloud's own deletion protection protects it, or that could not be read.",
        blocks=_protected,
    ),
    Guard(
        number=4,
        name="evidence",
        sentence="A field that decides could not be read, or the resource lies in a gap of the newest inventory.",
        blocks=_evidence,
    ),
    Guard(number=8, name="min_age", sentence="It is younger than the least age at which anything may go.", blocks=_min_age),
    Guard(
        number=11,
        name="reread",
        sentence="It was not read again in the last two minutes, or what was read does not bear out what its owner was told.",
        blocks=_reread,
    ),
)
