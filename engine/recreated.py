"""What comes back: a controller, or a stack, makes anew what we deleted. It is then proposed, never deleted again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from engine.case import Case
from engine.model import Key, Mode, Resource, lowest
from engine.verdict import Finding
from engine.wording import count

SOON = timedelta(days=7)
"""What is made so soon after our delete, under the same name or id, is the same thing again."""

LOOK_BACK = timedelta(days=180)
"""How long ago a delete may be to matter: a new resource is young for `min_age`, and kept ones come up months later."""

Place = tuple[str, str, str, str]
"""Kind, account, region, and a name or an id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """Something that we deleted. `restored` is the text of its new key, where we brought it back ourselves."""

    key: Key
    name: str
    at: datetime
    restored: str = ""


def by_place(deletions: Iterable[Deletion]) -> Mapping[Place, Deletion]:
    """Under its id and its name, the newest deletion of each."""
    found: dict[Place, Deletion] = {}
    for deletion in sorted(deletions, key=lambda each: each.at):
        found |= dict.fromkeys(_places(deletion.key, deletion.name), deletion)
    return found


def _places(key: Key, name: str) -> tuple[Place, ...]:
    return tuple((key.kind, key.account, key.region, text) for text in dict.fromkeys((key.id, name)) if text)


def why_recreated(resource: Resource, deletions: Mapping[Place, Deletion]) -> str:
    """The sentence that something makes it anew; empty where nothing says so."""
    made = resource.created or resource.since.get("seen")
    for place in _places(resource.key, resource.name):
        deletion = deletions.get(place)
        if deletion is None or made is None or deletion.key.born == resource.key.born or deletion.restored == resource.key.ref:
            continue
        if timedelta(0) <= made - deletion.at <= SOON:
            return f"it was re-created {_span(made - deletion.at)} after we deleted it: something manages it"
    return ""


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < 2 * 60:
        return count(minutes, "minute")
    return count(minutes // 60, "hour") if minutes < 2 * 24 * 60 else count(minutes // (24 * 60), "day")


def marked(case: Case, resource: Resource, deletions: Mapping[Place, Deletion]) -> Case:
    """A new case, which says so where its resource is one that comes back."""
    why = why_recreated(resource, deletions)
    return replace(case, recreated=why, findings=capped(case.findings, why)) if why else case


def capped(findings: tuple[Finding, ...], recreated: str) -> tuple[Finding, ...]:
    """Findings on what comes back go no further than telling: deleting it again would only begin the circle again."""
    if not recreated:
        return findings
    return tuple(replace(each, mode=lowest((each.mode, Mode.NOTIFY)), because=recreated) for each in findings)
