"""Guards about what must have been done before an act: scans that agreed, and a backup that was made."""

from __future__ import annotations

from engine.guards.guard import Asked, Guard
from engine.model import Verb
from engine.schedule import persisted
from engine.spent import ours


def _backup(asked: Asked) -> bool:
    """A plan may hold a delete whose backup is still to be made; the act may not. Of spent backups only ours go."""
    if asked.action is None or asked.action.verb is not Verb.DELETE:
        return False
    if not ours(asked.case, asked.standing.backups):
        return True
    if not asked.last:
        return False
    return "backup" in asked.action.terms.before_delete and not asked.case.backed_up


STEADY = (
    Guard(
        number=6,
        name="persistence",
        sentence="Fewer complete scans than the Organization asks for have agreed, or not for long enough.",
        blocks=lambda asked: not persisted(asked.case, asked.standing.policies.organization),
    ),
    Guard(
        number=14,
        name="backup",
        sentence=(
            "The backup that was promised has not been made and verified for exactly this action; "
            "or it is itself a backup, and the ledger does not know it as ours."
        ),
        blocks=_backup,
    ),
)
