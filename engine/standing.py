"""How things stand besides the cases: what every guard may ask. One value, made anew for each act."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.clocks import Clocks
from engine.compound import Companies
from engine.holds.hold import Hold
from engine.limits import Population, Usage
from engine.model import Mode
from engine.policy import PolicySet
from engine.scanned import Scanned


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
    holds: tuple[Hold, ...] = ()
    """Every hold that stands."""
    scanned: Scanned | None = None
    """The newest inventory; None before the first."""
    companies: Companies = field(default_factory=Companies)
    """Who goes together with the cases that are asked about."""
    clocks: Clocks | None = None
    """What time it is, twice; None where nobody has looked."""
    backups: frozenset[str] = frozenset()
    """The lives of the backups that the ledger knows as made by our cases (reapers/ours.py)."""
    proven: bool = False
    """Whether this version of Sexton has been measured against the one before it. A difference is a hold."""
