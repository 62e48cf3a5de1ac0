"""A seed by its number: run, and told anew where it was bad."""

from __future__ import annotations

from simulation.chance import USUAL, Profile
from simulation.life import Simulation
from simulation.outcome import WHOLE, Outcome, Size


def simulate(seed: int, profile: Profile = USUAL, size: Size = WHOLE, *, trace: bool = False) -> Outcome:
    """A seed from beginning to end."""
    return Simulation(seed, profile, size, keep_trace=trace).run()


def replay(outcome: Outcome, profile: Profile = USUAL, size: Size = WHOLE) -> str:
    """The end of the story of a bad seed, told anew from its number alone, and how to read all of it."""
    told = simulate(outcome.seed, profile, size, trace=True)
    end = "\n".join([*told.trace[-40:], *told.waiting])
    return f"{end}\nseed {outcome.seed}: {outcome.broken or f'{outcome.ended} of {outcome.cases} cases ended'}"
