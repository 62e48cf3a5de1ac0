"""How far a document reaches: everywhere for a platform team's, else only where its own team is."""

from __future__ import annotations

from engine.documents.draft import Draft, World


def only_team(draft: Draft, world: World) -> str:
    """The team that a document is bound to, or "". Without an Organization nobody is platform yet, and nobody is bound."""
    if not world.complete or world.organization is None or draft.owner in world.organization.platform:
        return ""
    return draft.owner
