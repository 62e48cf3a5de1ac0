"""The decision: what an inventory shows, beside what was learned from those before it, opens these holds and teaches this."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from engine.holds.hold import Cause
from engine.holds.seen import NOTHING, Found, Pair, Seen

HOLD_OFF = timedelta(hours=72)
"""So long a new or widened policy rests."""
SCANS = 14
"""Scans of history that a surge is measured against; before there are so many, HOLD_OFF stands in."""
TIMES = 3
FEW = 10
"""So many new findings are never a surge."""
FIFTH = 5
"""A kind may lose a fifth of its resources between two complete scans, rounded down, at least one."""

Place = tuple[Cause, str, str]
"""Cause, subject and account: where one hold stands at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The rule of a policy as last seen in an account, and until when what it newly matches there rests (None: not at all)."""

    digest: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the ledger has learned before."""

    rules: Mapping[Pair, Rule] = field(default_factory=dict)
    counted: Mapping[Pair, int] = field(default_factory=dict)
    """(policy, account) -> new findings already counted for this very inventory, under an earlier look at it."""
    history: Mapping[Pair, Sequence[int]] = field(default_factory=dict)
    """(policy, account) -> new findings of the scans before, at most the last SCANS."""
    sizes: Mapping[Pair, int] = field(default_factory=dict)
    """(kind, account) -> resources in the last complete scan before."""
    deleted: Mapping[Pair, int] = field(default_factory=dict)
    """(kind, account) -> what we have deleted there since that scan, or in the day before it: not every list forgets at once."""
    evidence: Mapping[Place, str] = field(default_factory=dict)
    """What the newest hold of a place opened for, standing or not."""
    standing: frozenset[Place] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A hold that is to open."""

    cause: Cause
    subject: str
    account: str
    until: datetime | None
    data: Mapping[str, Any]
    """As `Hold.data`."""

    @property
    def place(self) -> Place:
        """Where it holds."""
        return self.cause, self.subject, self.account


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What an inventory teaches: the holds to open, and what the next look is measured against."""

    openings: tuple[Opening, ...]
    rules: Mapping[Pair, Rule]
    """Only those that are new or changed."""
    new: Mapping[Pair, int]
    sizes: Mapping[Pair, int]


def learn(seen: Seen, known: Known, now: datetime) -> Learned:
    """Decide. The same look twice decides the same: no hold opens for what one has opened for before."""
    rules = dict(_rules(seen, known, now))
    new = {pair: known.counted.get(pair, 0) + _surprising(pair, seen, rules) for pair in {*seen.whole, *seen.found}}
    openings = (*_widened(seen, known, rules, now), *_surges(seen, known, new), *_drops(seen, known))
    return Learned(
        openings=tuple(each for each in openings if not _needless(each, known)),
        rules=rules,
        new={pair: count for pair, count in new.items() if pair in seen.whole},
        sizes=seen.sizes,
    )


def _needless(opening: Opening, known: Known) -> bool:
    """One has opened for the same before, or stands. A rule that is widened once more rests anew: the later hold takes over."""
    if known.evidence.get(opening.place) == opening.data["evidence"]:
        return True
    return opening.place in known.standing and opening.cause is not Cause.WIDENED


# --- new and widened policies ------------------------------------------------------------------------------------------


def _rules(seen: Seen, known: Known, now: datetime) -> Iterator[tuple[Pair, Rule]]:
    """The rules that an account sees for the first time. In a gap only what newly matches says anything: else the next look."""
    for pair in {*seen.whole, *seen.found}:
        digest, before, found = seen.rules[pair[0]], known.rules.get(pair), seen.found.get(pair, NOTHING)
        if before is not None and before.digest == digest:
            continue
        if found.new or (before is None and pair in seen.whole and not found.matches):
            yield pair, Rule(digest=digest, until=now + HOLD_OFF)
        elif pair in seen.whole:
            yield pair, Rule(digest=digest, until=before.until if before else None)


def _surprising(pair: Pair, seen: Seen, rules: Mapping[Pair, Rule]) -> int:
    """New findings that no change of the rule explains: those of a changed rule are held for 72 hours instead."""
    return 0 if pair in rules else seen.found.get(pair, NOTHING).new


def _widened(seen: Seen, known: Known, rules: Mapping[Pair, Rule], now: datetime) -> Iterator[Opening]:
    large = _beyond_review(seen, rules)
    for pair, found in sorted(seen.found.items()):
        rule = rules.get(pair) or known.rules.get(pair)
        if rule is None or rule.digest != seen.rules[pair[0]] or rule.until is None or now >= rule.until:
            continue
        data = {
            "evidence": rule.until.isoformat(),
            "new": found.new,
            "matches": found.matches,
            "most": f"{seen.review[0]:,} resources or ${seen.review[1]:,}/mo",
        }
        yield Opening(
            cause=Cause.WIDENED,
            subject=pair[0],
            account=pair[1],
            until=None if pair[0] in large else rule.until,
            data=data,
        )


def _beyond_review(seen: Seen, rules: Mapping[Pair, Rule]) -> frozenset[str]:
    """Policies that newly match more, over all accounts, than a pull request may without platform's review."""
    found: dict[str, list[Found]] = {}
    for pair in rules:
        found.setdefault(pair[0], []).append(seen.found.get(pair, NOTHING))
    resources, dollars = seen.review
    return frozenset(
        policy
        for policy, each in found.items()
        if sum(one.new for one in each) > resources or sum((one.dollars for one in each), Decimal(0)) > dollars
    )


# --- surges and drops --------------------------------------------------------------------------------------------------


def usual(history: Sequence[int]) -> int | None:
    """The most new findings that are no surge after these; None while the history is too short to say."""
    return max(FEW, int(TIMES * median(history[-SCANS:]))) if len(history) >= SCANS else None


def _surges(seen: Seen, known: Known, new: Mapping[Pair, int]) -> Iterator[Opening]:
    for (policy, account), count in sorted(new.items()):
        most = usual(known.history.get((policy, account), ()))
        if most is not None and count > most:
            data = {"evidence": seen.as_of.isoformat(), "new": count, "usual": most}
            yield Opening(cause=Cause.SURGE, subject=policy, account=account, until=None, data=data)


def dropped(before: int, now: int, deleted: int = 0) -> bool:
    """Whether more than a fifth of a kind is missing, beside what we deleted ourselves."""
    return before - deleted - now > max(1, before // FIFTH)


def _drops(seen: Seen, known: Known) -> Iterator[Opening]:
    for (kind, account), now in sorted(seen.sizes.items()):
        before = known.sizes.get((kind, account))
        if before is not None and dropped(before, now, known.deleted.get((kind, account), 0)):
            data = {"evidence": seen.as_of.isoformat(), "before": before, "now": now}
            yield Opening(cause=Cause.DROP, subject=kind, account=account, until=None, data=data)
