"""The simulation can see: with one safeguard of the product taken away, an invariant breaks within a few seeds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest

import engine.guards
import reapers.execute.acting as acting
import reapers.telling as telling
from engine.case import Case
from engine.events import Event
from engine.follow import Sight, follow
from engine.model import Key, Role, Verb
from reapers.execute.attempt import Attempt
from reapers.execute.report import Report, Result
from reapers.kind import Order
from reapers.look import Fresh, Looker, _alone
from reapers.notify import NotDelivered, Receipt
from simulation.chance import FAULTS, USUAL, Profile
from simulation.life import Simulation
from simulation.outcome import Size

SEEDS = range(8)
SIZE = Size(things=60, days=14)


@contextmanager
def without(*guards: str) -> Iterator[None]:
    """These guards never block."""
    open_ = {name: replace(engine.guards.GUARDS[name], blocks=lambda asked: False) for name in guards}
    with patch.dict(engine.guards.GUARDS, open_):
        yield


@contextmanager
def no_second_look() -> Iterator[None]:
    """The last scan stands in for a look, whatever has become of the resource since."""

    def blind(self: Looker, key: Key, last: Sight) -> Fresh | str:
        judged = last.judgements.get(key.ref)
        if judged is None:
            return "it was not scanned"
        cell = self.clouds[key.cloud].cell(key.account, key.region, Role.SCAN, self.clock.now())
        return Fresh(resource=judged.view.resource, sight=_alone(judged.view.resource, cell, last), skew=timedelta(0))

    with patch.object(Looker, "look", blind):
        yield


@contextmanager
def no_approval() -> Iterator[None]:
    """Everybody is taken to have agreed."""
    with ExitStack() as all_of:
        for module in ("engine.life.time", "engine.life.people", "engine.guards.agreed", "engine.schedule"):
            all_of.enter_context(patch(f"{module}.complete", lambda *_: True))
        yield


@contextmanager
def sent_again() -> Iterator[None]:
    """An outcome that is not known is not read: the call is sent once more."""
    real = acting.read_outcome

    def blind(attempt: Attempt, intent: Any, order: Order) -> Report:
        if intent.verb is Verb.DELETE and not order.memory:
            attempt.tools.hands.send(attempt.case, intent.verb, order)
        return real(attempt, intent, order)

    with patch("reapers.execute.acting.read_outcome", blind), patch("reapers.execute.executor.read_outcome", blind):
        yield


@contextmanager
def no_backup() -> Iterator[None]:
    """A backup is said to be there."""

    def skipped(attempt: Attempt, order: Order) -> Report:
        return Report(case=attempt.case.id, verb=Verb.BACKUP, result=Result.DONE)

    with patch("reapers.execute.executor.back_up", skipped), without("backup"):
        yield


@contextmanager
def told_in_vain() -> Iterator[None]:
    """What could not be delivered counts as read."""
    real = telling.Telling._send

    def sent(self: Any, post: Any, sight: Any, now: Any) -> str:
        class Believer:
            counts = True

            def deliver(_, notice: Any, at: Any) -> Receipt:  # noqa: N805 - the notifier is the outer self's
                try:
                    receipt: Receipt = self.notifier.deliver(notice, at)
                    return receipt
                except NotDelivered:
                    return Receipt(channel=notice.channel, receipt="believed")

        return real(replace(self, notifier=Believer()), post, sight, now)

    with patch.object(telling.Telling, "_send", sent):
        yield


@contextmanager
def half_lists_count() -> Iterator[None]:
    """What half a list shows is taken for what a whole one would."""

    def believing(case: Case, sight: Sight) -> Event:
        return follow(case, replace(sight, inventory=replace(sight.inventory, gaps=())))

    with patch("reapers.casework.follow", believing):
        yield


ABLATIONS: dict[str, tuple[Any, Profile, tuple[str, ...]]] = {
    "no second look": (no_second_look, USUAL, ("I1",)),
    "no approval": (no_approval, USUAL, ("I2",)),
    "sent again": (sent_again, FAULTS, ("I3", "I2")),
    "no backup": (no_backup, USUAL, ("I2",)),
    "told in vain": (told_in_vain, FAULTS, ("I2",)),
    "no freeze": (lambda: without("freeze"), replace(USUAL, freezes=0.5), ("I6",)),
    "half lists count": (half_lists_count, FAULTS, ("I8",)),
    "no caps": (lambda: without("caps", "canary"), replace(USUAL, freezes=0), ("I5",)),
}


@pytest.mark.parametrize("name", ABLATIONS)
def test_is_seen(name: str) -> None:
    taken_away, profile, expected = ABLATIONS[name]
    seen: list[str] = []
    for seed in SEEDS:
        with taken_away():
            broken = Simulation(seed, profile, SIZE).run().broken
        seen.append(broken)
        if broken.startswith(expected):
            return
    pytest.fail(f"not seen without {name}: {[each for each in seen if each] or 'nothing broke'}")


def test_cases_are_what_is_counted() -> None:
    """A world in which nothing happens proves nothing."""
    outcome = Simulation(0, USUAL, SIZE).run()
    assert outcome.cases > 20
    assert outcome.deleted > 5
    assert outcome.stopped > 0
