"""A resource seen in half a list: half a list is no list, so it counts for nothing. And scans count until they persist."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from engine.case import State
from engine.events import Judged, Vanished
from engine.follow import Sight, follow, openings
from engine.judge import judge_all
from engine.life import advance
from engine.model import EVERYWHERE, Gap, Mode
from engine.schedule import Rules
from makers.cases import NOW, context, in_grace, inventory, opened, policies, resource

GAP = Gap("aws.ebs_volume", "111122223333", EVERYWHERE, "half a list")


def sight(*gaps: Gap, born: str = "born-vol-1") -> Sight:
    thing = resource()
    seen = inventory(replace(thing, key=replace(thing.key, born=born)), gaps=gaps)
    return Sight.of(seen, judge_all(seen, context(policies())), context(policies()))


def test_a_case_stands_still() -> None:
    event = follow(opened(), sight(GAP))
    assert isinstance(event, Judged)
    assert (event.findings, event.missing) == ((), ("scan",))
    assert follow(opened(), sight()).findings  # type: ignore[union-attr]  # a Judged, as above


def test_nothing_opens() -> None:
    assert openings(sight(GAP), frozenset(), NOW) == ()
    assert len(openings(sight(), frozenset(), NOW)) == 1


def test_another_life_is_another_life_all_the_same() -> None:
    assert follow(opened(), sight(GAP, born="another")) == Vanished(reborn=True)


def scanned(case_age: timedelta) -> Judged:
    seen = inventory(resource(), as_of=NOW + case_age)
    event = follow(in_grace(), Sight.of(seen, judge_all(seen, context(policies())), context(policies())))
    assert isinstance(event, Judged)
    return event


def test_scans_are_counted_until_enough_agreed() -> None:
    rules = Rules(policies=policies())
    case = replace(opened(), agreed=1)
    for scans in range(1, 6):
        case = advance(case, scanned(timedelta(hours=12 * scans)), rules, NOW + timedelta(hours=12 * scans))
    assert case.agreed == 3, "three over a day, and then no step for each scan"


def test_what_was_read_as_our_stop_was_done_does_not_show_it_stopped() -> None:
    of = policies()
    stopped = replace(in_grace(of), state=State.STOPPED, rung=Mode.STOP, rung_at=NOW, due=None, tell="")
    gone = Judged(as_of=NOW, findings=())
    assert advance(stopped, gone, Rules(policies=of), NOW) == stopped
    later = replace(gone, as_of=NOW + timedelta(seconds=1))
    assert advance(stopped, later, Rules(policies=of), NOW).state is State.CLOSED
