"""The story, told in one line a step: the clock jumps from one moment at which something may happen to the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

from demo.cast import RESTORED, Cast
from demo.stage import Stage
from engine.case import Case, State
from engine.money import total
from engine.verdict import Finding
from reapers.execute import Report, Result

SHORTEST = timedelta(days=44)
"""By then the volumes that only our own scans saw idle have been told of and have had their grace."""

LONGEST = timedelta(days=75)
"""The story is over by then, whatever is still open."""

BUSY = frozenset(
    {State.NOTIFIED, State.AWAITING_APPROVAL, State.APPROVED, State.STOPPING, State.SNAPSHOTTING, State.DELETING, State.RESTORING}
)
"""States in which something is about to happen."""

DONE = {
    "stop": "stopped",
    "delete": "deleted",
    "backup": "backed up",
    "restore": "brought back",
    "start": "started",
    "condemn": "condemned",
    "spare": "spared",
}


class Teller:
    """Plays the story and says what happens."""

    def __init__(self, stage: Stage, cast: Cast, say: Callable[[str], None]) -> None:
        self.stage = stage
        self.cast = cast
        self.say = say
        self.begin = stage.clock.now()
        self.scanned = ""
        self.told = 0
        self.reports: list[Report] = []
        stage.service.reported = self.reports.append

    def opening(self) -> None:
        """The first look: what there is, and what the policies say of it."""
        service = self.stage.service
        service.tick()
        inventory = service.situation.inventory
        assert inventory is not None  # the tick above scanned
        self.scanned = inventory.id
        kinds = Counter(resource.key.cloud for resource in inventory.resources)
        worth = total(resource.monthly_cost for resource in inventory.resources)
        self.line(f"scan: {kinds['aws']} resources in 2 AWS accounts, {kinds['gcp']} in 1 GCP project, {worth}")
        verdicts = [verdict for judgement in service.situation.judged for verdict in judgement.verdicts]
        found = Counter(verdict.policy for verdict in verdicts if isinstance(verdict, Finding))
        self.line(f"plan: {sum(found.values())} findings of {len(found)} policies ({_listed(found)})")
        for judgement in service.situation.judged:
            missing = {name for verdict in judgement.undecided for name in verdict.missing}
            if missing:
                self.line(f"plan: {judgement.view.resource.name} is undecided: no {' or '.join(sorted(missing))} to be had")

    def play(self, until: Callable[[], bool]) -> None:
        """Rounds until `until` holds or the story is over; the clock jumps in between."""
        while not until() and self.stage.clock.now() - self.begin < LONGEST:
            self.round()
            if not until():
                self.stage.clock.jump(self.stage.service.next_moment())

    def round(self) -> None:
        """One round of the service, and what people do because of it."""
        self.stage.service.tick()
        for line in self.news():
            self.line(line)
        for line in [*self.cast.act(), *self.cast.restores()]:
            self.line(line)
        self.stage.service.tick()
        for line in self.news():
            self.line(line)

    def news(self) -> Iterator[str]:
        """What the last round did."""
        inventory = self.stage.service.situation.inventory
        if inventory and inventory.id != self.scanned:
            self.scanned = inventory.id
            matching = sum(bool(judgement.findings) for judgement in self.stage.service.situation.judged)
            yield f"scan: {len(inventory.resources)} resources, {matching} match a policy"
        messages = self.stage.slack.messages()
        for message in messages[self.told :]:
            yield f"Slack {_channel(message.channel, self.stage)}: {message.text}"
        self.told = len(messages)
        yield from self._acts()

    def _acts(self) -> Iterator[str]:
        done: Counter[tuple[str, str]] = Counter()
        for report in self.reports:
            case = self.stage.service.ledger.case(report.case)
            if case and report.result is Result.DONE:
                done[DONE[report.verb], _title(case, self.stage)] += 1
            elif case and report.result in (Result.SPARED, Result.REFUSED):
                yield f"{report.result}: {case.name} ({report.why or case.state})"
        self.reports.clear()
        for (did, title), count in sorted(done.items()):
            yield f"{did}: {count} × {title}"

    def line(self, text: str) -> None:
        """One line, with the day of the story."""
        day = (self.stage.clock.now() - self.begin).days
        self.say(f"day {day:>2}  {text}")

    def waiting(self) -> bool:
        """Whether a person is asked to approve something."""
        return any(case.state is State.AWAITING_APPROVAL and not case.tell for case in self.stage.service.ledger.open_cases())

    def over(self) -> bool:
        """Whether everything that was going to happen has happened."""
        if self.stage.clock.now() - self.begin < SHORTEST:
            return False
        cases = self.stage.service.ledger.open_cases()
        back = any(case.name == RESTORED for case in _closed(self.stage))
        return back and not any(case.state in BUSY or case.tell for case in cases)


def _closed(stage: Stage) -> list[Case]:
    return stage.service.ledger.cases(state=State.CLOSED, limit=1000)[0]


def _channel(id: str, stage: Stage) -> str:
    channel = stage.slack.workspace.channel(id)
    return f"#{channel.name}" if channel else id


def _title(case: Case, stage: Stage) -> str:
    return stage.service.world.kinds[case.key.kind].title


def _listed(found: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in found.most_common())
