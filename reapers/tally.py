"""What the service has counted since its start, for the metrics. Counters only grow; what stands is asked of the ledger."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from engine.plan import Plan
from reapers.execute import Report, Result

Counts = Counter[tuple[str, str, str]]
"""(metric, label, label) -> how often."""


@dataclass(slots=True)
class Tally:
    """Counts attempts by their result, and each hold-up once: not again in every round that it lasts."""

    counts: Counts = field(default_factory=Counter)
    _held: frozenset[tuple[str, str, str]] = frozenset()

    def report(self, report: Report) -> None:
        """One attempt at an act."""
        self.counts["actions_total", str(report.verb), str(report.result)] += 1
        for guard in report.why.split(", ") if report.result is Result.BLOCKED else ():
            self.counts["guard_blocks_total", guard, ""] += 1

    def notice(self, result: str) -> None:
        """One attempt to tell a team."""
        self.counts["notices_total", result, ""] += 1

    def plan(self, plan: Plan | None) -> None:
        """The acts that guards and limits hold back now; those that were not held back a round ago are counted."""
        skipped = plan.skipped if plan else ()
        guards = {("guard_blocks_total", guard, each.case) for each in skipped for guard in each.blocked_by}
        limits = {("limit_hits_total", limit, each.case) for each in skipped for limit in each.limits}
        for metric, name, _ in (guards | limits) - self._held:
            self.counts[metric, name, ""] += 1
        self._held = frozenset(guards | limits)
