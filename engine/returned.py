"""What came back, field by field beside what was deleted: the comparison that a drill ends with."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from engine.model import Resource, Unknown, is_ours
from engine.spent import FIELDS as OF_BACKUPS

UNREAD = "could not be read"
"""In place of a value: it is equal to nothing, itself included."""
ABSENT = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field that is not what it was, as texts."""

    field: str
    before: str
    after: str


def facts(resource: Resource, fields: Collection[str], anew: Collection[str] = ()) -> Mapping[str, str]:
    """What is compared: its name, its tags but for our own bookkeeping, and these fields but for those that it has anew."""
    tags = resource.tags
    told = {"tags": UNREAD} if isinstance(tags, Unknown) else {f"tags.{tag}": text for tag, text in tags.items() if _counts(tag)}
    kept = {name: _text(value) for name, value in resource.fields.items() if name in fields}
    return {"name": resource.name} | told | {name: text for name, text in kept.items() if name not in {*anew, *OF_BACKUPS}}


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Difference, ...]:
    """Every field that is not the same on both sides, or could not be read on one, by name."""
    pairs = ((name, before.get(name, ABSENT), after.get(name, ABSENT)) for name in sorted({*before, *after}))
    return tuple(Difference(field=name, before=was, after=now) for name, was, now in pairs if was != now or UNREAD in (was, now))


def _counts(tag: str) -> bool:
    """Not what only Sexton or the cloud may write."""
    return not is_ours(tag) and not tag.startswith(("aws:", "goog-"))


def _text(value: object) -> str:
    return UNREAD if isinstance(value, Unknown) else str(value)
