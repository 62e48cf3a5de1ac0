"""SharedCost: how a shared service's cost is split."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from engine.condition import COMMON, Condition, compile_condition
from engine.documents.draft import Draft, World
from engine.documents.limits import decimal
from engine.documents.selection import condition
from engine.model import Field
from engine.policy import SharedCost

BILLED: Mapping[str, Field] = {
    **{name: COMMON[name] for name in ("account", "region", "environment", "tags")},
    "service": Field(type="string", optional=True, doc="The service as the bill names it."),
}
"""What a row of a bill has."""

HUNDRED = Decimal(100)
NOTHING = compile_condition(["account == ''"], [BILLED])
"""Stands in for a condition that could not be read, in a set that is not handed out."""


def build(draft: Draft, world: World) -> SharedCost:
    """The value of a SharedCost document."""
    when: Condition = condition(draft, ([BILLED], ["a bill"])) or NOTHING
    shares = {team: decimal(percent) for team, percent in draft.spec.get("shares", {}).items()}
    for team in shares:
        draft.team(team, ("spec", "shares", team), world)
    _check_shares(draft, shares)
    return SharedCost(meta=draft.meta(), when=when, split=draft.spec["split"], shares=shares)


def _check_shares(draft: Draft, shares: Mapping[str, Decimal]) -> None:
    split, path = draft.spec["split"], ("spec", "shares")
    if split != "fixed" and shares:
        draft.error("shares", path, f"a split that is {split} takes no shares", "take them out, or write split: fixed")
    elif split == "fixed" and sum(shares.values()) != HUNDRED:
        message = f"the shares add up to {sum(shares.values(), Decimal(0))}, not 100"
        draft.error("shares", path, message, "say in percent what each team pays")
