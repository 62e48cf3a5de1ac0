"""What a step is called in the history of a case, where the event alone does not say what it led to."""

from __future__ import annotations

from engine.case import Case, State

SAID = frozenset({"reminder", "last_call", "escalated", "further", "restarted", "changed", "raised"})
"""Reasons to tell that are steps of their own."""


def entry(before: Case, after: Case, otherwise: str) -> str:
    """The name of a step: why the owner is told, `in_use` where somebody started what we stopped, else `otherwise`."""
    if after.tell in SAID and after.tell != before.tell:
        return after.tell
    in_use = after.state is State.KEPT and before.state is not State.KEPT and after.kept and after.kept.who == SOMEBODY
    return "in_use" if in_use else otherwise


SOMEBODY = "somebody"
"""Whom the cloud does not name."""
