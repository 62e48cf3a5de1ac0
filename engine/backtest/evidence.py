"""What a day says of a resource besides verdicts: whose it is, how long it may live, whether somebody protects or uses it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from engine.judge import protects
from engine.model import Unknown
from engine.policy import PolicySet
from engine.view import View

NEVER = datetime.max.replace(tzinfo=UTC)
"""The end of a lifetime that its tag says never ends."""

SLACK = timedelta(hours=1)
"""Ends that differ by less are the same: they are worked out again every day."""


class Sign(StrEnum):
    """How somebody showed that a resource was still wanted."""

    IN_USE = "in_use"
    KEPT = "kept"
    REOWNED = "reowned"
    EXTENDED = "extended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Regret:
    """Something that would have been taken, and was wanted afterwards."""

    sign: Sign
    at: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One day's evidence on one resource. Unknown is what was not read."""

    owner: str | Unknown | None
    ttl_end: datetime | Unknown | None
    """When its lifetime ends by its own tag; None without such a tag."""
    ttl_text: str
    keeps: str | Unknown
    """The tag that protects it; empty where none does."""
    fact: str
    """The kind's main negative fact, such as `detached`; empty where it has none."""
    since: datetime | Unknown | None
    """Since when that has been observed; None while it does not hold."""
    seen: datetime | None
    """Since when Sexton has seen the resource without a gap."""
    managed_by: str | Unknown | None


def evidence_of(view: View, policies: PolicySet, as_of: datetime) -> Evidence:
    """The evidence in a view, taken at `as_of`."""
    resource = view.resource
    kind = policies.kinds.get(resource.key.kind)
    fact = kind.main_fact if kind else ""
    tags, keeping = resource.tags, policies.organization.protect.tags
    keeps = tags if isinstance(tags, Unknown) else next((tag for tag in tags if protects(tag, keeping)), "")
    return Evidence(
        owner=view.owner.owner,
        ttl_end=_end(view, as_of),
        ttl_text=view.ttl.text,
        keeps=keeps,
        fact=fact,
        since=_since(view, fact) if fact else None,
        seen=resource.since.get("seen"),
        managed_by=view.managed_by,
    )


def _end(view: View, as_of: datetime) -> datetime | Unknown | None:
    """Only what its own tag says: ends by a rule move with policies and gaps, and nobody moved them."""
    ttl = view.ttl
    if isinstance(ttl.days_left, Unknown):
        return ttl.days_left
    if ttl.source != "tag":
        return None
    return NEVER if ttl.days_left is None else as_of + timedelta(days=ttl.days_left)


def _since(view: View, fact: str) -> datetime | Unknown | None:
    told = view.resource.fields.get("idle_days")
    return view.resource.since.get(fact) or (told if isinstance(told, Unknown) else None)


def unread(now: Evidence) -> bool:
    """Whether a part of a day's evidence was not read: such a day is no answer."""
    return any(isinstance(part, Unknown) for part in (now.owner, now.ttl_end, now.keeps, now.since))


def wanted(before: Evidence, now: Evidence, at: datetime) -> Regret | None:
    """How a resource shows at `at` that it is wanted, against the evidence of the day it would have been taken."""
    for sign, why in ((Sign.KEPT, _kept(before, now)), (Sign.REOWNED, _reowned(before, now)),
                      (Sign.EXTENDED, _extended(before, now, at)), (Sign.IN_USE, _used(before, now))):  # fmt: skip
        if why:
            return Regret(sign=sign, at=at, why=why)
    return None


def _kept(before: Evidence, now: Evidence) -> str:
    if isinstance(now.keeps, str) and now.keeps:
        return f"tagged {now.keeps}"
    adopted = before.managed_by is None and isinstance(now.managed_by, str)
    return f"managed by {now.managed_by}" if adopted else ""


def _reowned(before: Evidence, now: Evidence) -> str:
    changed = isinstance(now.owner, str) and not isinstance(before.owner, Unknown) and now.owner != before.owner
    return f"owner {before.owner or '(nobody)'} became {now.owner}" if changed else ""


def _extended(before: Evidence, now: Evidence, at: datetime) -> str:
    if not isinstance(now.ttl_end, datetime) or isinstance(before.ttl_end, Unknown):
        return ""
    least = before.ttl_end or at
    later = now.ttl_end > least if now.ttl_end is NEVER or least is NEVER else now.ttl_end - least > SLACK
    return f"lifetime {before.ttl_text or '(none)'} became {now.ttl_text}" if later else ""


def _used(before: Evidence, now: Evidence) -> str:
    """The negative fact held when it would have been taken and does not hold now, or did not hold in between."""
    if not isinstance(before.since, datetime) or isinstance(now.since, Unknown):
        return ""
    if now.since is None:
        return f"not {now.fact} any more"
    if now.since > before.since and now.seen == before.seen:
        return f"not {now.fact} for a while until {now.since:%Y-%m-%d}"
    return ""


def interrupted(before: Evidence, now: Evidence) -> bool:
    """Whether watching began anew in between, so that nothing is known of the time before."""
    return now.seen != before.seen
