"""Metrics for Prometheus, worked out when asked. No label ever holds a resource's name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from string import hexdigits
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from engine.case import Case, Ending, State
from engine.holds.hold import Cause
from engine.model import EVERYWHERE, Outcome
from engine.spent import SPENT_BACKUPS
from engine.verdict import Finding, Undecided, Verdict
from reapers.drills import records

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

    from reapers.service import Service
    from reapers.situation import Situation
    from reapers.store.values import AuditHead
    from reapers.world import World

Sample = tuple[tuple[str, ...], float]
"""The values of the labels, and the number."""

COUNTED = timedelta(minutes=5)
"""How long the sum over all closed cases is used: it reads the whole table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One metric: its name without `sexton_`, what it says, its labels, whether it only grows."""

    name: str
    says: str
    labels: tuple[str, ...] = ()
    grows: bool = False


METRICS = (
    Measure(name="inventory_resources", says="Resources in the newest inventory.", labels=("cloud", "kind")),
    Measure(name="inventory_gaps", says="Cells of the newest inventory that could not be read.", labels=("kind", "outcome")),
    Measure(name="scan_seconds", says="How long the last scan took."),
    Measure(name="findings", says="Verdicts on the newest inventory: match, spared, undecided.", labels=("policy", "verdict")),
    Measure(name="undecided", says="Verdicts that an unknown field leaves undecided.", labels=("field",)),
    Measure(name="cases", says="Open cases.", labels=("state", "policy", "team")),
    Measure(name="notices_total", says="Deliveries of notices since the start.", labels=("result",), grows=True),
    Measure(name="actions_total", says="Attempts to act since the start.", labels=("verb", "result"), grows=True),
    Measure(name="limit_hits_total", says="Acts that a limit held back since the start.", labels=("limit",), grows=True),
    Measure(name="guard_blocks_total", says="Acts that a guard held back since the start.", labels=("guard",), grows=True),
    Measure(name="frozen", says="1 while everything is frozen."),
    Measure(name="holds", says="Holds that stand.", labels=("reason",)),
    Measure(name="oldest_unanswered_notice_seconds", says="Age of the oldest notice that nobody has answered; 0 without one."),
    Measure(name="waste_monthly_dollars", says="Known list prices of what policies match.", labels=("team",)),
    Measure(
        name="savings_monthly_dollars",
        says="Known list prices of what was deleted; `retained_backup_monthly_dollars` is to be taken off.",
        labels=("team",),
    ),
    Measure(
        name="retained_backup_monthly_dollars",
        says="Known list prices, at most, of the backups of ours that the newest inventory shows.",
        labels=("team",),
    ),
    Measure(name="policy_commit_info", says="1 for the commit in force.", labels=("sha",)),
    Measure(name="last_scan_timestamp_seconds", says="When an account was last read.", labels=("account",)),
    Measure(name="last_tick_timestamp_seconds", says="When the loop last finished a round."),
    Measure(name="policy_head_lag_seconds", says="Time since the policy branch was last read."),
    Measure(name="policy_head_valid", says="1 while the branch's head loads and is in force."),
    Measure(
        name="last_drill_timestamp_seconds", says="When a drill of this kind last brought all back as it was.", labels=("kind",)
    ),
    Measure(name="outbox_pending", says="Notices that are not delivered yet."),
    Measure(name="audit_head_seq", says="The last row of the audit trail."),
    Measure(name="audit_head_hash", says="The first 48 bits of that row's hash as a number (`printf %012x`)."),
    Measure(name="audit_head_failures_total", says="Heads of the trail that could not be kept in `audit.head`.", grows=True),
)
"""Every metric that there is today; docs/reference/metrics.md and the dashboard are checked against this."""


def registry_of(service: Service) -> CollectorRegistry:
    """A registry of its own: nothing global, so that two services in one process do not mix."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Gauges(service))
    return registry


class Gauges(Collector):
    """Asks the service and its ledger at every scrape."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.saved: tuple[datetime, Counter[str]] | None = None

    def describe(self) -> Iterable[Metric]:
        """Nothing is asked before somebody scrapes."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Every metric of METRICS, in that order."""
        now = self.service.clock.now()
        samples = {**_of_situation(self.service.situation, now), **self._of_ledger(now), **self._counted()}
        for measure in METRICS:
            family = CounterMetricFamily if measure.grows else GaugeMetricFamily
            metric = family(f"sexton_{measure.name}", measure.says, labels=measure.labels)
            for labels, value in samples.get(measure.name, ()):
                metric.add_metric(labels, value)
            yield metric

    def _counted(self) -> Mapping[str, list[Sample]]:
        found: dict[str, list[Sample]] = {measure.name: [] for measure in METRICS if measure.grows}
        widths = {measure.name: len(measure.labels) for measure in METRICS}
        for (name, *labels), count in sorted(self.service.tally.counts.items()):
            if name in found:
                found[name].append((tuple(labels[: widths[name]]), float(count)))
        return found

    def _of_ledger(self, now: datetime) -> Mapping[str, list[Sample]]:
        ledger = self.service.ledger
        cases = ledger.open_cases()
        holds = ledger.holds.standing(now)
        pending, _oldest = ledger.outbox_waiting()
        tick = ledger.get("last_tick")
        return {
            "cases": _many(Counter((str(case.state), case.policy, case.team) for case in cases)),
            "frozen": _one(bool(self.service.halts())),
            "holds": [((str(cause),), float(sum(hold.cause is cause for hold in holds))) for cause in Cause],
            "oldest_unanswered_notice_seconds": _one(max((_unanswered(case, now) for case in cases), default=0)),
            "savings_monthly_dollars": _many({(team,): cents / 100 for team, cents in self._savings(cases, now).items()}),
            "last_tick_timestamp_seconds": _one(datetime.fromisoformat(tick).timestamp()) if tick else [],
            "last_drill_timestamp_seconds": _of_drills(self.service.world),
            "outbox_pending": _one(pending),
            **_of_trail(ledger.audit_head()),
        }

    def _savings(self, open_cases: Iterable[Case], now: datetime) -> Counter[str]:
        """Cents by team: what is deleted and may come back, and what is done for good."""
        if self.saved is None or not timedelta(0) <= now - self.saved[0] < COUNTED:
            done = (case for case in self._closed() if case.closed and case.closed.reason is Ending.DONE)
            self.saved = (now, _cents(done))
        return self.saved[1] + _cents(case for case in open_cases if case.state is State.DELETED)

    def _closed(self) -> Iterator[Case]:
        cursor: str | None = None
        while True:
            page, cursor = self.service.ledger.cases(state=State.CLOSED, cursor=cursor, limit=1000)
            yield from page
            if cursor is None:
                return


def _of_drills(world: World) -> list[Sample]:
    return [((each.kind,), datetime.fromisoformat(each.good).timestamp()) for each in records(world) if each.good]


def _of_trail(head: AuditHead) -> dict[str, list[Sample]]:
    """The hash as a number and not as a label: a label would begin a new series with every row of the trail."""
    digits = head.hash[:12]
    known = digits.isalnum() and set(digits) <= set(hexdigits)  # somebody may have written anything there
    return {"audit_head_seq": _one(head.seq), "audit_head_hash": _one(int(digits, 16)) if known else []}


def _of_situation(situation: Situation, now: datetime) -> Mapping[str, list[Sample]]:
    head = situation.head
    samples: dict[str, list[Sample]] = {
        "policy_head_valid": _one(head.valid),
        "policy_head_lag_seconds": _one((now - head.polled_at).total_seconds()) if head.polled_at else [],
        "policy_commit_info": [((situation.commit,), 1.0)] if situation.commit else [],
        "scan_seconds": _one(situation.scan_seconds) if situation.scan_seconds is not None else [],
    }
    return samples | _of_inventory(situation) | _of_verdicts(situation)


def _of_inventory(situation: Situation) -> dict[str, list[Sample]]:
    inventory = situation.inventory
    if inventory is None:
        return {}
    answered = (Outcome.OK, Outcome.EMPTY)
    read = {cell.account for cell in inventory.cells if cell.outcome in answered}
    gaps: Counter[tuple[str, ...]] = Counter(
        (cell.kind, str(cell.outcome)) for cell in inventory.cells if cell.outcome not in answered
    )
    gaps.update((gap.kind, str(Outcome.ERROR)) for gap in inventory.gaps if gap.account == EVERYWHERE)
    return {
        "inventory_resources": _many(Counter((resource.key.cloud, resource.key.kind) for resource in inventory.resources)),
        "inventory_gaps": _many(gaps),
        "last_scan_timestamp_seconds": [((account,), inventory.as_of.timestamp()) for account in sorted(read)],
    }


def _of_verdicts(situation: Situation) -> dict[str, list[Sample]]:
    verdicts = [verdict for judgement in situation.judged for verdict in judgement.verdicts]
    waste: Counter[str] = Counter()
    retained: Counter[str] = Counter()
    for judgement in situation.judged:
        cents = _in_cents(judgement.view.resource.monthly_cost.known)
        if judgement.findings:
            waste[judgement.view.owner.team] += cents
        if "backup_of" in judgement.view.resource.fields:
            retained[judgement.view.owner.team] += cents
    fields: Counter[tuple[str, ...]] = Counter(
        (name,) for verdict in verdicts if isinstance(verdict, Undecided) for name in verdict.missing
    )
    return {
        "findings": _many(Counter((verdict.policy, _word(verdict)) for verdict in verdicts)),
        "undecided": _many(fields),
        "waste_monthly_dollars": _many({(team,): cents / 100 for team, cents in waste.items()}),
        "retained_backup_monthly_dollars": _many({(team,): cents / 100 for team, cents in retained.items()}),
    }


def _word(verdict: Verdict) -> str:
    return "match" if isinstance(verdict, Finding) else "undecided" if isinstance(verdict, Undecided) else "spared"


def _unanswered(case: Case, now: datetime) -> float:
    waiting = case.told is not None and case.state in (State.GRACE, State.AWAITING_APPROVAL)
    return (now - case.told.at).total_seconds() if waiting and case.told else 0.0


def _cents(cases: Iterable[Case]) -> Counter[str]:
    """By team. A spent backup of ours that went saved nothing: it had been taken off before."""
    found: Counter[str] = Counter()
    for case in cases:
        if not (case.findings and case.policy == SPENT_BACKUPS):
            found[case.team] += _in_cents(case.monthly.known)
    return found


def _in_cents(dollars: Decimal) -> int:
    return int(dollars * 100)


def _one(value: float | bool) -> list[Sample]:
    return [((), float(value))]


def _many(values: Mapping[tuple[str, ...], float]) -> list[Sample]:
    return [(labels, float(value)) for labels, value in sorted(values.items())]
