"""What holds are decided by: what matches and is new, by policy and account, and how many there are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from engine.case import Case
from engine.follow import ANSWERED, Sight
from engine.model import EVERYWHERE, Inventory
from engine.policy import PolicySet
from engine.rule import rule_digest

Pair = tuple[str, str]
"""A policy, or a kind, and an account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a policy matches in an account."""

    matches: int = 0
    new: int = 0
    """Of these: without an open case that this policy is a reason for."""
    dollars: Decimal = Decimal(0)
    """Known list prices of the new ones, a month."""


NOTHING = Found()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One judged inventory."""

    as_of: datetime
    inventory: str
    rules: Mapping[str, str]
    """Policy -> its rule digest."""
    found: Mapping[Pair, Found]
    whole: frozenset[Pair]
    """(policy, account) of which every list of every kind was read to its end."""
    sizes: Mapping[Pair, int]
    """(kind, account) -> resources, only where every list was read to its end."""
    review: tuple[int, Decimal]
    """Resources and dollars a month that a change may newly match without platform's review."""


def see(sight: Sight, cases: Iterable[Case]) -> Seen:
    """The inventory beside the open cases as they stood before it."""
    policies, inventory = sight.context.policies, sight.inventory
    read, lost = _read(inventory)
    organization = policies.organization
    sizes = Counter((resource.key.kind, resource.key.account) for resource in inventory.resources)
    return Seen(
        as_of=inventory.as_of,
        inventory=inventory.id,
        rules={name: rule_digest(reap) for name, reap in policies.reaps.items()},
        found=_found(sight, cases),
        whole=frozenset(_whole(policies, read, lost)),
        sizes={pair: sizes[pair] for pair in read - lost},
        review=(organization.review_resources, organization.review_dollars),
    )


def _read(inventory: Inventory) -> tuple[frozenset[Pair], frozenset[Pair]]:
    """The (kind, account) that were read, and those of which some list did not come to its end: absence says nothing there."""
    read = frozenset((cell.kind, cell.account) for cell in inventory.cells)
    lost = {(cell.kind, cell.account) for cell in inventory.cells if cell.outcome not in ANSWERED}
    lost |= {(gap.kind, gap.account) for gap in inventory.gaps}
    return read, frozenset(pair for pair in read if not {pair, (pair[0], EVERYWHERE)}.isdisjoint(lost))


def _whole(policies: PolicySet, read: frozenset[Pair], lost: frozenset[Pair]) -> Iterator[Pair]:
    for name, reap in policies.reaps.items():
        touched = {account for kind, account in read if kind in reap.selects.kinds}
        yield from ((name, account) for account in touched if not any((kind, account) in lost for kind in reap.selects.kinds))


def _found(sight: Sight, cases: Iterable[Case]) -> Mapping[Pair, Found]:
    known = {(case.key, finding.policy) for case in cases for finding in case.findings}
    matches: Counter[Pair] = Counter()
    new: Counter[Pair] = Counter()
    dollars: defaultdict[Pair, Decimal] = defaultdict(Decimal)
    for ref, judgement in sight.judgements.items():
        resource = judgement.view.resource
        for finding in judgement.findings:
            if sight.rests_from(ref, finding.policy):
                continue
            pair = finding.policy, resource.key.account
            matches[pair] += 1
            if (resource.key, finding.policy) not in known:
                new[pair] += 1
                dollars[pair] += resource.monthly_cost.known
    return {pair: Found(matches=count, new=new[pair], dollars=dollars[pair]) for pair, count in matches.items()}
