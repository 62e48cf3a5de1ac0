"""How things stand besides the cases: what every guard may ask. One value, made anew for each act."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.limits import Population, Usage
from engine.model import Mode
from engine.policy import PolicySet


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The policies in force, the switches, and what was done lately."""

    policies: PolicySet
    server: Mode
    frozen: bool
    head_current: bool
    """The running commit is the branch's head as polled at most 15 minutes ago, loaded without a problem."""
    usage: Usage = field(default_factory=Usage)
    population: Population = field(default_factory=Population)
