"""Reap: the only document with a ladder."""

from __future__ import annotations

from collections.abc import Mapping

from engine.documents.draft import Draft, World
from engine.documents.ladder import ladder
from engine.documents.limits import stricter
from engine.documents.reach import only_team
from engine.documents.selection import select
from engine.model import Mode
from engine.policy import Approval, Reap

DEFAULT = {Mode.STOP: Approval.NONE, Mode.DELETE: Approval.OWNER}


def build(draft: Draft, world: World) -> Reap:
    """The value of a Reap document."""
    before_delete = tuple(draft.spec.get("before_delete", ("backup",)))
    return Reap(
        meta=draft.meta(),
        selects=select(draft, world),
        after=ladder(draft, world),
        before_delete=before_delete,
        approval=_approval(draft, bool(before_delete)),
        mode=Mode(draft.spec.get("mode", Mode.DELETE)),
        limits=stricter(draft, world),
        only_team=only_team(draft, world),
    )


def _approval(draft: Draft, backed_up: bool) -> Mapping[Mode, Approval]:
    """What is asked for each rung. Deleting without a backup takes platform's approval, written or not."""
    written = {Mode(rung): Approval(need) for rung, need in draft.spec.get("approval", {}).items()}
    if backed_up:
        return {**DEFAULT, **written}
    if written.get(Mode.DELETE, Approval.OWNER_AND_PLATFORM) is not Approval.OWNER_AND_PLATFORM:
        message = "deleting without a backup (before_delete: []) takes platform's approval"
        draft.error("approval", ("spec", "approval", "delete"), message, "write delete: owner+platform, or back up first")
    return {**DEFAULT, **written, Mode.DELETE: Approval.OWNER_AND_PLATFORM}
