"""Budget: a team's month."""

from __future__ import annotations

from decimal import Decimal

from engine.documents.draft import Draft, World
from engine.policy import Budget


def build(draft: Draft, world: World) -> Budget:
    """The value of a Budget document; what is left out has the contract's default."""
    spec = draft.spec
    draft.team(spec["team"], ("spec", "team"), world)
    alerts = {name: tuple(sorted(levels)) for name, levels in spec.get("alert", {}).items()}
    monthly = spec["monthly"]
    return Budget(
        meta=draft.meta(),
        team=spec["team"],
        amount=Decimal(monthly["amount"]),
        currency=monthly.get("currency", "USD"),
        slack=spec.get("slack", ""),
        **alerts,
    )
