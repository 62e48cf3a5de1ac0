"""People: they read messages and answer hours later, rightly, wrongly, twice, or without any right; operators tidy up."""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from engine.case import Case, State
from engine.model import Key
from engine.notice import Item
from engine.schedule import action_of
from engine.teams import Access, Person
from reapers.desk import Desk, NoSuchCase, Refused
from reapers.releasing import Releasing
from simulation.calendar import SimulatedClock
from simulation.channel import Message
from simulation.documents import KEEP, TEAMS, people_of

ANSWERS = (
    ("approve", 46),
    ("approve late", 8),
    ("wrong person", 6),
    ("twice", 4),
    ("stale", 3),
    ("keep", 6),
    ("snooze", 6),
    ("reject", 3),
    ("not mine", 4),
    ("nothing", 14),
)
"""What becomes of a message that asks for a yes, and how often."""

TOLD = (("keep", 5), ("snooze", 5), ("reject", 2), ("not mine", 2), ("nothing", 86))
"""What becomes of one that only tells."""

DONE = (("restore", 12), ("nothing", 88))


def person(email: str) -> Person:
    """Whoever signed in; people of the platform operate."""
    access = Access.OPERATOR if email.startswith("platform") else Access.APPROVER
    return Person(email=email, access=access)


@dataclass(slots=True, kw_only=True)
class People:
    """Everybody. `said` and `kept` is their own memory of what the desk took from them."""

    clock: SimulatedClock
    random: Callable[[], float]
    desk: Callable[[], Desk]
    note: Callable[[str], None]
    diligent: bool = False
    """At the end: whoever is asked says yes, and nobody says anything else."""
    said: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Action hash -> who agreed to it."""
    kept: dict[Key, datetime] = field(default_factory=dict)
    """Life -> until when somebody may count on its being left alone."""
    todo: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    # --- reading and answering ------------------------------------------------------------------------------------------

    def read(self, message: Message) -> None:
        """Somebody sees a message and will answer each of its lines some time later."""
        answers = [(item, answer) for item in message.notice.items if (answer := self._will_say(item)) != "nothing"]
        late = [(item, "approve") for item, answer in answers if answer == "approve late"]
        soon = [(item, answer) for item, answer in answers if answer != "approve late"]
        if soon:
            self.later(timedelta(hours=0.1 + 20 * self.random() ** 2), lambda: self._answer_all(soon))
        if late:
            self.later(timedelta(hours=60), lambda: self._answer_all(late))

    def _will_say(self, item: Item) -> str:
        asks = bool(item.action) and item.tell in ("approval", "escalated", "drifted", "changed")
        if self.diligent:
            return "approve" if asks else "nothing"
        return self._pick(DONE if item.tell in ("deleted", "stopped") else ANSWERS if asks else TOLD)

    def _answer_all(self, answers: list[tuple[Item, str]]) -> None:
        for item, answer in answers:
            self.answer(answer, item)

    def _pick(self, choices: tuple[tuple[str, int], ...]) -> str:
        left = self.random() * sum(weight for _, weight in choices)
        for name, weight in choices:
            left -= weight
            if left < 0:
                return name
        return "nothing"

    def later(self, wait: timedelta, what: Callable[[], None]) -> None:
        """Something that somebody will do."""
        heapq.heappush(self.todo, (self.clock.true + wait, next(self._numbers), what))

    def act(self) -> bool:
        """Everything whose time has come; whether anything had."""
        acted = False
        while self.todo and self.todo[0][0] <= self.clock.true:
            heapq.heappop(self.todo)[2]()
            acted = True
        return acted

    def answer(self, answer: str, item: Item) -> None:  # noqa: C901 - one line for each thing that people say
        """One answer to one line of a message; a refusal is a sentence that they read."""
        case = self.desk().ledger.case(item.case)
        if case is None:
            return
        first, second = people_of(case.team if case.team in TEAMS else "platform")[:2]
        match answer:
            case "approve" | "twice":
                for _ in range(2 if answer == "twice" else 1):
                    self.agree(case, item.action)
            case "wrong person":
                strangers = (who for team in TEAMS if team not in (case.team, "platform") for who in people_of(team))
                self.agree(case, item.action, [next(strangers)])
            case "stale":
                self.agree(case, "0123456789abcdef")
            case "keep":
                self._say(f"keeps {case.key}", lambda: self._keep(case, first))
            case "snooze":
                self._say(f"snoozes {case.key}", lambda: self.desk().snooze(case.id, person(second)))
            case "reject":
                self._say(f"rejects {case.key}", lambda: self.desk().reject(case.id, person(first), "no"))
            case "not mine":
                self._say(f"disowns {case.key}", lambda: self.desk().not_mine(case.id, person(first)))
            case "restore":
                self._say(f"wants {case.key} back", lambda: self.desk().restore(case.id, person(first), "needed"))

    def agree(self, case: Case, offered: str, who: list[str] | None = None) -> None:
        """The people who must agree do, to what the message offered."""
        team = case.owner if case.owner in TEAMS else "platform"
        for email in who or self._asked(team):
            self._say(f"agrees to {offered[:8]} on {case.key}", partial(self._agree, case, email, offered))

    def _asked(self, team: str) -> list[str]:
        """Who says yes: as a rule one of the team and one of the platform; in the end everybody who may."""
        if self.diligent:
            return [*people_of(team)[:2], *people_of("platform")[:2]]
        return [people_of(team)[0], people_of("platform")[1]]

    def _agree(self, case: Case, email: str, offered: str) -> None:
        after = self.desk().approve(case.id, person(email), offered)
        self.said[after.agreements[-1].action].add(email)

    def _keep(self, case: Case, email: str) -> None:
        after = self.desk().keep(case.id, person(email), None, "we need it")
        if after.kept:
            self.kept[case.key] = self.clock.true + KEEP

    def _say(self, what: str, how: Callable[[], object]) -> bool:
        try:
            how()
        except (Refused, NoSuchCase) as refusal:
            self.note(f"somebody {what}: refused: {refusal}")
            return False
        self.note(f"somebody {what}")
        return True

    # --- operators ------------------------------------------------------------------------------------------------------

    def tidy(self) -> None:
        """Once a day an operator looks at what waits for people."""
        ledger = self.desk().ledger
        if self.diligent or self.random() < 0.3:
            self.release()
        for case in ledger.open_cases():
            likely = 1.0 if self.diligent else 0.5
            if case.state is State.STUCK and self.random() < likely:
                self._say(f"retries {case.key}", partial(self.desk().retry, case.id, person(people_of("platform")[0])))
            if case.state is State.AWAITING_APPROVAL and not case.tell and self.random() < likely:
                action = action_of(case)
                if action:
                    self.agree(case, action.hash)

    def release(self) -> None:
        """Somebody of the platform has looked at what holds acts back, and lets it go on."""
        desk = self.desk()
        policies = desk.situation().policies
        for hold in desk.ledger.holds.standing(self.clock.now()) if policies else ():
            it, who = Releasing(ledger=desk.ledger, clock=self.clock, policies=policies), person(people_of("platform")[2])
            self._say(f"releases {hold.id}", partial(it.release, hold, who, "looked"))

    def freeze(self) -> None:
        """Somebody halts everything for some hours."""
        self._say("freezes everything", lambda: self.desk().freeze(person(people_of("data")[0]), "a drill"))
        self.later(timedelta(hours=2 + 20 * self.random()), self.unfreeze)

    def unfreeze(self) -> None:
        """Two people of the platform lift it."""
        for email in people_of("platform")[1:]:
            if self.desk().ledger.frozen() is not None:
                self._say("unfreezes", partial(self.desk().unfreeze, person(email)))
