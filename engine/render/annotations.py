"""What a change of policies does, as annotations of a GitHub workflow at the lines of the policies that do it."""

from __future__ import annotations

from collections.abc import Iterator

from engine.impact import Compared, OfPolicy
from engine.matches import Change
from engine.render.effect import inside, summary
from engine.render.github import SHOWN, annotation
from engine.weight import Weight


def annotated(compared: Compared) -> str:
    """Reviews that are needed, then policies by weight, then limits; the last line says it all in one sentence.

    GitHub shows ten of a level: the weightiest come first, and what is left out is in that last line.
    """
    lines = [*_needs(compared), *_policies(compared), *_limits(compared)]
    return "\n".join([*lines, summary(compared)])


def _needs(compared: Compared) -> Iterator[str]:
    for need in compared.impact.needs:
        yield annotation("error", f"This needs {need.role}: {need.why}.", f"sexton: needs {need.role}")


def _policies(compared: Compared) -> Iterator[str]:
    affected = [policy for policy in compared.impact.policies if policy.change is not Change.SAME or _said(policy.weight)]
    affected.sort(key=lambda policy: (-policy.weight.added - policy.weight.further, -policy.weight.removed, policy.name))
    left = {"warning": SHOWN - 1, "notice": SHOWN}
    """One warning is kept for the limits."""
    for policy in affected:
        level = _level(policy.weight)
        left[level] -= 1
        if left[level] >= 0:
            place = (policy.file, policy.line, 0) if policy.file and policy.change is not Change.REMOVED else None
            yield annotation(level, _message(policy), f"sexton: {policy.name}", place)


def _level(weight: Weight) -> str:
    return "warning" if weight.added or weight.further or weight.newly_undecided else "notice"


def _message(policy: OfPolicy) -> str:
    what = {Change.ADDED: "New policy", Change.REMOVED: "Policy removed", Change.CHANGED: "Changed policy"}
    said = ", ".join(_said(policy.weight)) or "no resource is affected"
    return f"{what.get(policy.change, 'By a change elsewhere')}: {said}."


def _said(weight: Weight) -> list[str]:
    counts = (
        (weight.added, "newly match", f" ({inside(weight.monthly_added)})"),
        (weight.further, "go further", f" ({inside(weight.monthly_further)})"),
        (weight.removed, "no longer match", f" ({inside(weight.monthly_removed)})"),
        (weight.newly_undecided, "become undecided", ""),
        (weight.eased, "go less far", ""),
        (weight.moved, "go to another team", ""),
    )
    return [f"{number:,} {what}{more}" for number, what, more in counts if number]


def _limits(compared: Compared) -> Iterator[str]:
    slowest = next(iter(compared.impact.limits), None)
    if slowest and compared.base:
        said = f"{slowest.would:,} at {slowest.allowed:,} a day take {slowest.days_to_drain:,} days"
        yield annotation("warning", f"Limit {slowest.limit} of {slowest.scope}: {said}.", "sexton: limits")
