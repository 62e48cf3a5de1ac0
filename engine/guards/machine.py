"""Guards about Sexton itself: whether it knows what time it is, and whether this version judges as the one before it did."""

from __future__ import annotations

from engine.clocks import CLOUD
from engine.guards.guard import Asked, Guard
from engine.holds.hold import Cause


def _clock(asked: Asked) -> bool:
    clocks, look = asked.standing.clocks, asked.look
    if clocks is None:
        return asked.last
    if not clocks.agree:
        return True
    return look is not None and (look.skew is None or look.skew > CLOUD)


def _version(asked: Asked) -> bool:
    return not asked.standing.proven or any(hold.cause is Cause.VERSION for hold in asked.standing.holds)


MACHINE = (
    Guard(
        number=20,
        name="clock",
        sentence="The clocks of this machine, the database and the cloud are too far apart to know what time it is.",
        blocks=_clock,
    ),
    Guard(
        number=23,
        name="version",
        sentence="This version of Sexton has not shown that it judges as the one before it; somebody of platform looks first.",
        blocks=_version,
    ),
)
