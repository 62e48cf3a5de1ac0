"""Backups of our own: protected until their day, and then the one thing that may go without anybody's word.

A kind whose resources may be such backups has two fields, read from the tags that a backup carries: `backup_of` is the case that
made it, `backup_days_left` what is left of the time for which it was promised. Both are absent for what other people made.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from engine.condition import compile_condition
from engine.model import Field, Key, KindTable

if TYPE_CHECKING:
    from engine.case import Case
    from engine.policy import Selection

SPENT_BACKUPS = "spent-backups"
"""The policy that removes them: the only one that may delete, without approval, what cannot be restored."""

MADE = "made"
"""Under this name a case remembers the lives of the backups that it made."""

FIELDS: Mapping[str, Field] = {
    "backup_of": Field(type="string", optional=True, doc="the case of Sexton's that made this backup, says its tag"),
    "backup_days_left": Field(
        type="double", optional=True, unit="d", doc="days until Sexton needs this backup of its own no longer; below 0: spent"
    ),
}
"""What makes a kind one of backups."""

NEEDED = compile_condition(["backup_days_left >= 0"], [FIELDS])
"""A backup of ours that may still be asked for: it is protected. Where its end cannot be read, nobody can say."""

SPENT = compile_condition(["backup_days_left < 0"], [FIELDS])
"""What must stand as a line of its own in the policy of spent backups."""


def is_of_backups(kind: KindTable) -> bool:
    """Whether resources of a kind may be backups of ours."""
    return set(FIELDS) <= set(kind.fields)


def why_not_spent(selects: Selection, kinds: Mapping[str, KindTable]) -> str:
    """What keeps a selection from being one of spent backups alone; "" when it is."""
    others = sorted(name for name in selects.kinds if not is_of_backups(kinds[name]))
    if others:
        return f"{others[0]} is no kind of backup"
    asked = selects.when.normal if selects.when is not None else ()
    return "" if SPENT.normal[0] in asked else f"`when` has no line `{SPENT.texts[0]}`"


def life(key: Key) -> str:
    """One life of one resource as a text: what a case remembers of a backup that it made, and the ledger lists."""
    return f"{key.ref}@{key.born}"


def ours(case: Case, backups: Collection[str]) -> bool:
    """Whether a case may delete what it is about, as far as that is a matter of whose it is.

    `backups`: the lives that the ledger lists as made by cases (`reapers.ours.backup_keys`). Tags alone say nothing: anybody can
    write them. Other policies than that of spent backups have their approvals instead.
    """
    return case.policy != SPENT_BACKUPS or life(case.key) in backups
