"""What is under way when a reaper dies: each begins with one case and ends when that case has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.case import Case, Ending, State
from engine.model import Mode
from engine.schedule import action_of
from simulation.estate import Sort


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What is under way when the reaper dies."""

    name: str
    sort: Sort
    begins: Callable[[Case], bool]
    """The case stands where the step is about to be made; people have said what they must."""
    over: Callable[[Case], bool]
    asks: bool = False
    """Somebody asks to have it back first."""


def _about_to(verb: str) -> Callable[[Case], bool]:
    def begins(case: Case) -> bool:
        action = action_of(case)
        return case.state is State.APPROVED and action is not None and str(action.verb) == verb

    return begins


def _gone(case: Case) -> bool:
    return case.state in (State.DELETED, State.CLOSED)


def _back(case: Case) -> bool:
    return case.state is State.KEPT or (case.closed is not None and case.closed.reason is Ending.RESTORED)


SCENARIOS = (
    Scenario(name="delete a disk", sort=Sort.DISK, begins=_about_to("delete"), over=_gone),
    Scenario(name="delete an address", sort=Sort.ADDRESS, begins=_about_to("delete"), over=_gone),
    Scenario(
        name="stop a machine",
        sort=Sort.MACHINE,
        begins=_about_to("stop"),
        over=lambda case: case.rung is Mode.STOP or _gone(case),
    ),
    Scenario(name="delete a machine", sort=Sort.MACHINE, begins=_about_to("delete"), over=_gone),
    Scenario(name="restore a disk", sort=Sort.DISK, begins=lambda case: case.state is State.DELETED, over=_back, asks=True),
    Scenario(name="start a machine", sort=Sort.MACHINE, begins=lambda case: case.rung is Mode.STOP, over=_back, asks=True),
)
