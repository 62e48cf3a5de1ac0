"""The guard that wants a delete announced in the cloud itself: by a tag on the resource that anybody may remove."""

from __future__ import annotations

from engine.condemn import can, is_placed, mark_of
from engine.guards.guard import Asked, Guard
from engine.mark import carries
from engine.model import Unknown, Verb


def _condemn(asked: Asked) -> bool:
    """A plan has no look: writing the tag is the first step of the act, and the look that follows must show it."""
    kind = asked.standing.policies.kinds.get(asked.case.key.kind)
    if asked.look is None or asked.action is None or asked.action.verb is not Verb.DELETE or not can(kind):
        return False
    tags = asked.look.resource.tags
    return isinstance(tags, Unknown) or not is_placed(asked.case) or not carries(tags, mark_of(asked.case))


CONDEMNED = (
    Guard(
        number=13,
        name="condemn",
        sentence="It does not carry the tag that condemns it for this very approval, or that could not be read.",
        blocks=_condemn,
    ),
)
