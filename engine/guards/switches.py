"""Guards that stand for all cases at once: ceilings, the freeze, the branch."""

from __future__ import annotations

from engine.guards.guard import Asked, Guard
from engine.schedule import RUNGS


def _mode(asked: Asked) -> bool:
    reach = min(asked.case.lead.mode.rank, asked.standing.server.rank)
    return asked.action is None or RUNGS[asked.action.verb].rank > reach


SWITCHES = (
    Guard(
        number=1,
        name="mode",
        sentence="The lowest of all ceilings (server, account, policy, kind, what manages it) does not reach this rung.",
        blocks=_mode,
    ),
    Guard(number=18, name="freeze", sentence="Somebody has frozen everything.", blocks=lambda asked: asked.standing.frozen),
    Guard(
        number=21,
        name="git",
        sentence="The policies in force are not the head of their branch as polled in the last 15 minutes, or do not load.",
        blocks=lambda asked: not asked.standing.head_current,
    ),
)
