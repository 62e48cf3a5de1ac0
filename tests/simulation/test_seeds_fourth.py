"""Seeds 75 to 99 of the simulation, small ones: nothing breaks, and cases come to an end. `make prove` runs whole ones."""

from __future__ import annotations

import pytest

from simulation.outcome import SMALL
from simulation.replay import replay, simulate


@pytest.mark.parametrize("seed", range(75, 100))
def test_a_seed(seed: int) -> None:
    outcome = simulate(seed, size=SMALL)
    assert outcome.good, replay(outcome, size=SMALL)
