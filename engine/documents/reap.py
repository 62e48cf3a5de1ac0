"""Reap: the only document with a ladder."""

from __future__ import annotations

from collections.abc import Mapping

from engine.documents.draft import Draft, World
from engine.documents.ladder import ladder
from engine.documents.limits import stricter
from engine.documents.reach import only_team
from engine.documents.selection import select
from engine.model import Mode
from engine.policy import Approval, Reap, Selection
from engine.spent import SPENT_BACKUPS, why_not_spent

DEFAULT = {Mode.STOP: Approval.NONE, Mode.DELETE: Approval.OWNER}


def build(draft: Draft, world: World) -> Reap:
    """The value of a Reap document."""
    before_delete = tuple(draft.spec.get("before_delete", ("backup",)))
    selects = select(draft, world)
    spent = draft.name == SPENT_BACKUPS and _is_of_spent_backups(draft, world, selects)
    return Reap(
        meta=draft.meta(),
        selects=selects,
        after=ladder(draft, world),
        before_delete=before_delete,
        approval=_approval(draft, bool(before_delete) or spent),
        mode=Mode(draft.spec.get("mode", Mode.DELETE)),
        limits=stricter(draft, world),
        without_condemn=_without_condemn(draft),
        only_team=only_team(draft, world),
    )


def _is_of_spent_backups(draft: Draft, world: World, selects: Selection) -> bool:
    """Whether the policy that bears this name may: it is platform's, and about nothing but backups of ours that are spent."""
    why = why_not_spent(selects, world.kinds) or (
        f"its owner {draft.owner} is not of `platform`" if only_team(draft, world) else ""
    )
    if why:
        hint = "give a policy of another purpose another name"
        message = f"{SPENT_BACKUPS} may delete without approval, and so only backups of ours that are spent: {why}"
        draft.error("approval", ("metadata", "name"), message, hint)
    return not why


def _without_condemn(draft: Draft) -> bool:
    """Deleting what the cloud does not hold back takes owner and platform, written or not (engine/ladder.py)."""
    said = bool(draft.spec.get("without_condemn", False))
    written = draft.spec.get("approval", {}).get(Mode.DELETE, Approval.OWNER_AND_PLATFORM)
    if said and Approval(written) is not Approval.OWNER_AND_PLATFORM:
        message = "deleting where the cloud holds nothing back (without_condemn: true) takes the approval of owner and platform"
        draft.error("approval", ("spec", "approval", "delete"), message, "write delete: owner+platform, or leave it out")
    return said


def _approval(draft: Draft, backed_up: bool) -> Mapping[Mode, Approval]:
    """What is asked for each rung. Deleting without a backup takes platform's approval, written or not: but for spent backups."""
    written = {Mode(rung): Approval(need) for rung, need in draft.spec.get("approval", {}).items()}
    if backed_up:
        return {**DEFAULT, **written}
    if written.get(Mode.DELETE, Approval.OWNER_AND_PLATFORM) is not Approval.OWNER_AND_PLATFORM:
        message = "deleting without a backup (before_delete: []) takes platform's approval"
        draft.error("approval", ("spec", "approval", "delete"), message, "write delete: owner+platform, or back up first")
    return {**DEFAULT, **written, Mode.DELETE: Approval.OWNER_AND_PLATFORM}
