"""What decides a verdict beside the policy's own condition: whose it is about, protections, exemptions, age, a known owner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from api.shapes.times import stamp
from engine.judge import Answer, conjuncts, protects, speaks_of
from engine.model import Unknown
from engine.policy import Meta, Reap
from engine.view import Context, View

NAMES = ("scope", "protected", "exempt", "min_age", "owner")


def guards_json(view: View, reap: Reap, context: Context, as_of: datetime) -> list[dict[str, Any]]:
    """Each of them: whether it lets the policy go on, the value that says so, where that comes from, and the document's line."""
    _, protected, exempt, age, owner = conjuncts(view, reap, context, as_of)
    organization = context.policies.organization.meta
    return [
        *_scope(view, reap),
        _row("protected", protected, _protection(view, context), organization, _tags_at(view)),
        *_exemptions(view, reap, context, as_of, exempt),
        _row("min_age", age, f"{view.age_days:.1f} days old", organization, _read("created", view)),
        _row("owner", owner, _owner(view), None, _tags_at(view)),
    ]


def _row(guard: str, answer: Answer, says: str, meta: Meta | None, where: Mapping[str, Any]) -> dict[str, Any]:
    holds = "unknown" if answer.holds is None else answer.holds
    place = {"file": meta.file, "line": meta.line} if meta is not None and meta.file else {}
    return {"guard": guard, "holds": holds, "says": says, **place, **where}


def _scope(view: View, reap: Reap) -> Iterator[dict[str, Any]]:
    """Only where the policy is a team's own."""
    if not reap.only_team:
        return
    known = not isinstance(view.owner.owner, Unknown)
    holds: bool | str = view.owner.team == reap.only_team if known else "unknown"
    says = f"speaks only of team {reap.only_team}; this is {view.owner.team}'s" if known else "whose it is is not known"
    yield {"guard": "scope", "holds": holds, "says": says, "file": reap.meta.file, "line": reap.meta.line, **_tags_at(view)}


def _protection(view: View, context: Context) -> str:
    protect, key = context.policies.organization.protect, view.resource.key
    if key.account in protect.accounts:
        return f"account {key.account} is protected"
    if {key.id, key.ref} & set(protect.resources):
        return "it is on the list of protected resources"
    left = view.row.get("backup_days_left")
    if isinstance(left, float) and left >= 0:
        return f"a backup of ours that may be needed for {left:.0f} days more"
    tags = view.resource.tags
    if isinstance(tags, Unknown):
        return f"its tags are not known: {tags.why}"
    if isinstance(left, Unknown):
        return f"until when this backup of ours may be needed is not known: {left.why}"
    tag = next((tag for tag in tags if protects(tag, protect.tags)), None)
    return f"tagged {tag}" if tag is not None else "no protecting tag"


def _exemptions(view: View, reap: Reap, context: Context, as_of: datetime, answer: Answer) -> Iterator[dict[str, Any]]:
    """The exemptions in force that speak of it: those that hold or cannot say; one row where none does."""
    found = False
    for exemption in context.policies.exemptions:
        if not speaks_of(exemption, reap, view, as_of):
            continue
        outcome = exemption.selects.when.judge(view.row).outcome if exemption.selects.when else True
        if outcome is False or exemption.only_team not in ("", view.owner.team):
            continue
        found = True
        one = Answer(holds=None if outcome is None else False, reason=answer.reason)
        says = f"{exemption.meta.name} until {exemption.until}: {exemption.reason}"
        yield _row("exempt", one, says, exemption.meta, _tags_at(view))
    if not found:
        yield _row("exempt", answer, "no exemption speaks of it", None, _tags_at(view))


def _owner(view: View) -> str:
    owner = view.owner.owner
    if isinstance(owner, Unknown):
        return f"its owner is not known: {owner.why}"
    return f"owned by {owner}" if owner else "nobody owns it, which is known"


def _tags_at(view: View) -> dict[str, Any]:
    return _read("tags", view)


def _read(name: str, view: View) -> dict[str, Any]:
    """Where a raw field comes from, and when it was read."""
    source = view.resource.sources.get(name)
    return {"source": source.name if source else None, "at": stamp(source.at if source else view.resource.seen_at)}
