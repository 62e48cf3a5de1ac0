"""The part of a round that looks after our condemn tags: written ahead of deletes that wait, removed where nobody wants them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from engine.case import Case
from engine.condemn import can, is_placed, is_wanted
from engine.guards import may_condemn
from engine.model import Verb
from reapers.execute.condemning import is_due

if TYPE_CHECKING:
    from reapers.doing import Doing
    from reapers.store.ledger import Ledger


def condemn_waiting(doing: Doing) -> None:
    """What only has to wait is condemned ahead of its time: until then anybody may remove the tag."""
    current, sight = doing.plan(), doing.situation().sight()
    waiting = [skipped.case for skipped in current.skipped if may_condemn(skipped.blocked_by)] if current else []
    for case in map(doing.world.ledger.case, waiting):
        if case is None or not is_wanted(case) or is_placed(case):
            continue
        standing = doing.standing()
        if standing is not None and sight is not None and can(standing.policies.kinds.get(case.key.kind)):
            doing.done(doing.executor().condemn(case.id, standing, sight))


def tags_left(ledger: Ledger, now: datetime) -> list[Case]:
    """Whose tag is to be taken away now, for the first time or once more."""
    return [case for case in ledger.left_condemned() if is_due(case.memory.get(Verb.CONDEMN, {}), now)]
