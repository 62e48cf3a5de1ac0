"""Plans that people have seen: whoever approves one that no longer stands is told what of it has changed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.case import Action, Case
from engine.plan import awaiting, hash_of

MOST = 200
"""Plans that are remembered. An older one, or one that another server has shown, is refused all the same, in fewer words."""

NAMED = 5
"""Cases that a refusal names."""


@dataclass(slots=True)
class Shown:
    """What was shown lately: the hash of a plan, and its actions by their hashes. Safe from several threads."""

    _plans: OrderedDict[str, dict[str, str]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def remember(self, waiting: Sequence[Case]) -> None:
        """All that awaits approval was shown, and each team's part of it."""
        with self._lock:
            for team in ("", *sorted({case.team for case in waiting})):
                actions = awaiting(waiting, team)
                self._plans[hash_of(actions)] = _by_hash(actions)
                self._plans.move_to_end(hash_of(actions))
            while len(self._plans) > MOST:
                self._plans.popitem(last=False)

    def changed(self, wanted: str, waiting: Sequence[Case]) -> str:
        """Why a plan is not what is approved now."""
        with self._lock:
            seen = self._plans.get(wanted)
        if seen is None:
            return "The plan is no longer what you saw; look at it again, then approve that."
        now = _by_hash(awaiting(waiting))
        gone = [seen[action] for action in seen if action not in now]
        more = "" if len(gone) <= NAMED else f" and {len(gone) - NAMED} more"
        what = f"{', '.join(gone[:NAMED])}{more} changed" if gone else "more awaits approval by now"
        return f"The plan is no longer what you saw: {what}; look at it again, then approve that."


def _by_hash(actions: Sequence[Action]) -> dict[str, str]:
    return {action.hash: action.case for action in actions}
