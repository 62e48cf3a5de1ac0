"""How far a policy may go with a resource, and on which terms: the lowest of all ceilings, the strongest of all approvals."""

from __future__ import annotations

from collections.abc import Iterable

from engine.model import KindTable, Mode, Unknown, Verb, lowest
from engine.policy import Approval, PolicySet, Reap
from engine.spent import SPENT_BACKUPS
from engine.verdict import Terms
from engine.view import Context, View, floor_of, is_left_over

ACTS = {Mode.STOP: Verb.STOP, Mode.DELETE: Verb.DELETE}
"""The act of a rung; telling is none."""

CLOUD_PROTECTIONS = ("deletion_protected", "deletion_protection", "termination_protected", "stop_protected")
"""Fields by which the cloud itself says "not this one". Sexton never takes them away: it only tells."""


def mode_of(seen: View, policy: Reap, context: Context) -> tuple[Mode, str]:
    """How far it may go today, and the ceiling that holds it lowest (the first of equals, in this order)."""
    kind = context.policies.kinds.get(seen.resource.key.kind)
    ceilings: list[tuple[Mode, str]] = [
        (context.server, "the server's mode"),
        (seen.account_mode, f"the mode of account {seen.resource.key.account}"),
        (policy.mode, f"the mode of policy {policy.meta.name}"),
        (reach(kind, policy), "what this kind of resource allows"),
        (_tied(kind, policy), "the cloud would delete one that is not condemned, and the policy does not say `without_condemn`"),
        (_managed(seen), "another tool manages it"),
        (_guarded(seen), "its own deletion protection"),
        (_in_use(seen, kind, context), "it is in use"),
        (Mode.STOP if seen.resource.key.ref in context.carriers else Mode.DELETE, "something protected is attached to it"),
    ]
    mode = lowest(mode for mode, _ in ceilings)
    return mode, next(why for ceiling, why in ceilings if ceiling is mode)


def reach(kind: KindTable | None, policy: Reap) -> Mode:
    """The furthest rung that the ladder has and the kind can do."""
    if kind is None:
        return Mode.OBSERVE
    rungs = [rung for rung in policy.after if rung not in ACTS or ACTS[rung] in kind.acts]
    furthest = max(rungs, key=lambda rung: rung.rank, default=Mode.OBSERVE)
    return lowest((kind.max_mode, furthest))


def _tied(kind: KindTable | None, policy: Reap) -> Mode:
    """What the cloud itself does not hold back is only stopped, unless the policy says otherwise. Of our own backups the ledger
    says which may go."""
    said = policy.without_condemn or policy.meta.name == SPENT_BACKUPS
    return Mode.STOP if kind is not None and kind.untied and not said else Mode.DELETE


def _managed(seen: View) -> Mode:
    """What a stack, a controller or Terraform manages is not deleted under it; nor is what we cannot tell about."""
    return Mode.DELETE if seen.managed_by is None else Mode.NOTIFY


def _guarded(seen: View) -> Mode:
    """A protection that is on, or that could not be read, caps at telling."""
    values = (seen.row.get(name) for name in CLOUD_PROTECTIONS)
    return Mode.NOTIFY if any(value is True or isinstance(value, Unknown) for value in values) else Mode.DELETE


def _in_use(seen: View, kind: KindTable | None, context: Context) -> Mode:
    """What cannot be stopped goes only while its negative fact holds (detached, unused), or with the wholes that alone use it;
    else it is only told of."""
    if kind and seen.resource.key.ref in context.parts and seen.row.get(kind.held_otherwise) is False:
        return Mode.DELETE
    if kind is None or not kind.main_fact or Verb.STOP in kind.acts or kind.main_fact in seen.resource.since:
        return Mode.DELETE
    return Mode.NOTIFY


def terms_of(seen: View, policy: Reap, policies: PolicySet) -> Terms:
    """What is promised for this resource: the policy's rungs that the kind can do, and the approvals after every floor."""
    kind = policies.kinds[seen.resource.key.kind]
    after = {rung: wait for rung, wait in policy.after.items() if rung not in ACTS or ACTS[rung] in kind.acts}
    backs_up = Verb.BACKUP in kind.acts
    return Terms(
        policy=policy.meta.name,
        after=after,
        before_delete=tuple(step for step in policy.before_delete if step != "backup" or backs_up),
        approval={rung: _approval(rung, seen, policy, policies) for rung in after if rung in ACTS},
    )


def _approval(rung: Mode, seen: View, policy: Reap, policies: PolicySet) -> Approval:
    floor = floor_of(seen, policies)
    asked = policy.approval.get(rung, Approval.NONE)
    if rung is Mode.STOP:
        return strongest((asked, floor.stop))
    kind = policies.kinds[seen.resource.key.kind]
    spent = policy.meta.name == SPENT_BACKUPS  # the loader lets nothing else have this name
    silent = spent or (floor.silent_delete and {Verb.BACKUP, Verb.RESTORE} <= kind.acts)
    needs = [asked]
    if not silent or floor.delete is Approval.OWNER_AND_PLATFORM:
        needs.append(strongest((floor.delete, Approval.OWNER)))
    if (kind.untied or (not policy.before_delete and Verb.BACKUP in kind.acts)) and not spent:
        needs.append(Approval.OWNER_AND_PLATFORM)
    if is_left_over(seen):
        needs.append(Approval.OWNER_AND_PLATFORM)
    return strongest(needs)


def strongest(needs: Iterable[Approval]) -> Approval:
    """The one that asks the most people."""
    return max(needs, key=lambda need: need.rank)
