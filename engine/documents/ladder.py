"""The rules of a ladder: it tells first, never goes backwards, and leaves the owner the Organization's grace."""

from __future__ import annotations

from collections.abc import Mapping

from engine.documents.draft import Draft, World
from engine.duration import parse_duration
from engine.model import Mode
from engine.policy import Duration

Ladder = Mapping[Mode, Duration]

RUNGS = (Mode.NOTIFY, Mode.STOP, Mode.DELETE)


def ladder(draft: Draft, world: World) -> Ladder:
    """`after` as a value, rungs in order, with every rule that it breaks told."""
    written = draft.spec["after"]
    after = {rung: parse_duration(written[rung]) for rung in RUNGS if rung in written}
    for rung in (Mode.STOP, Mode.DELETE):
        if rung in after:
            _check(draft, world, after, rung)
    return after


def _check(draft: Draft, world: World, after: Ladder, rung: Mode) -> None:
    at, told = after[rung], after[Mode.NOTIFY]
    path = ("spec", "after", str(rung))
    if at.comparable <= told.comparable:
        message = f"{rung} at {at} does not lie after notify at {told}"
        draft.error("ladder", path, message, "an owner is told first and has time to answer")
        return
    if rung is Mode.DELETE and Mode.STOP in after and at.comparable < after[Mode.STOP].comparable:
        draft.error("ladder", path, f"delete at {at} lies before stop at {after[Mode.STOP]}", "a ladder does not go backwards")
        return
    if world.organization is None:
        return
    least = world.organization.grace.stop if rung is Mode.STOP else world.organization.grace.delete
    if at.comparable - told.comparable < least.comparable:
        message = f"{rung} leaves the owner less than {least}, the least that `grace.{rung}` of the Organization allows"
        draft.error("ceiling", path, message, f"leave at least {least} between notify and {rung}")
