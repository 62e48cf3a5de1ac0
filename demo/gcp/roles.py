"""The roles of a furnished project: whoever asks as one has the permissions of its custom role and no others.

Custom roles have no conditions on labels, as Google's IAM knows none: which resource it is makes no difference here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from demo.gcp.calls import Call
from demo.gcp.refusals import Refusal
from engine.model import Role
from reapers.permissions import Wish, permissions

BEHIND: Mapping[str, tuple[str, ...]] = {
    "compute.disks.createSnapshot": ("compute.snapshots.create",),
    "compute.regionDisks.createSnapshot": ("compute.snapshots.create",),
}
"""Method -> permissions that Google asks for beside the method's own."""

MADE: Mapping[str, str] = {"createSnapshot": "snapshots"}
"""Last word of a method -> what it makes, where that is not what the method is about."""


def roles(wish: Wish | None = None) -> dict[str, frozenset[str]]:
    """The four roles, as `sexton permissions gcp` writes them."""
    return {str(role): frozenset(permissions("gcp", role, wish)) for role in Role}


def needed(call: Call) -> Iterator[str]:
    """The permissions that a call takes: its own, and those for what it makes or labels on the way."""
    yield call.iam
    yield from BEHIND.get(call.method, ())
    family, noun, verb = call.iam.split(".")
    if verb in ("create", "createSnapshot") and call.body.get("labels"):
        yield f"{family}.{MADE.get(verb, noun)}.setLabels"


def hold(call: Call, role: str, known: Mapping[str, frozenset[str]]) -> None:
    """Refusal as Google words it, where the role may not."""
    missing = next((permission for permission in needed(call) if permission not in known.get(role, frozenset())), None)
    if missing is not None:
        raise Refusal(403, "forbidden", f"Required '{missing}' permission for '{call.project or call.name}/{call.name}'")
