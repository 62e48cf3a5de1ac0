"""The canary: one alone, an hour later five, an hour later as many as the caps allow; and what counts as the same rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.canary import Canary
from engine.case import Case, State
from engine.guards import GUARDS, Asked, blocked, patient
from engine.guards.holding import HELD
from engine.holds.hold import Cause, Hold
from engine.limits import Usage, act_of
from engine.model import Mode, Verb
from engine.policy import PolicySet
from engine.rule import rule_digest, rule_of
from engine.schedule import action_of
from engine.standing import Standing
from makers.cases import MACHINE, NOW, days, in_grace, policies, reap, resource

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("begun", "proven", "after", "goes"),
    [
        ([], False, 0, True),
        ([0], True, 59, False),
        ([0], True, 60, True),
        ([0], False, 600, False),
        ([0, 60], True, 60, True),
        ([0, 60, 60, 60, 60], True, 60, True),
        ([0, 60, 60, 60, 60, 60], True, 60, False),
        ([0, 60, 60, 60, 60, 61], True, 120, False),
        ([0, 60, 60, 60, 60, 61], True, 121, True),
    ],
)
def test_one_then_five_then_the_caps(begun: list[int], proven: bool, after: int, goes: bool) -> None:
    canary = Canary(begun=tuple(NOW + timedelta(minutes=minute) for minute in begun), proven=proven)
    assert canary.may_go(NOW + timedelta(minutes=after)) is goes


def test_only_the_first_six_are_remembered() -> None:
    canary = Canary(proven=True)
    for hour in range(10):
        canary = canary.with_one(NOW + hour * HOUR)
    assert canary.begun[-1] == NOW + 5 * HOUR


def asked(case: Case, of: PolicySet, usage: Usage) -> Asked:
    standing = Standing(policies=of, server=Mode.DELETE, frozen=False, head_current=True, usage=usage)
    return Asked(case=case, action=action_of(case), standing=standing, usage=usage, now=NOW + timedelta(days=20))


def ready(of: PolicySet, id: str = "vol-1") -> Case:
    return replace(in_grace(of, resource(id=id)), state=State.APPROVED)


def test_a_delete_waits_while_its_rule_is_unproven() -> None:
    of = policies()
    case = ready(of)
    key = rule_of(of, case.policy), case.key.kind
    young = Canary(begun=(NOW + timedelta(days=20) - timedelta(minutes=5),), proven=True)
    assert not GUARDS["canary"].blocks(asked(case, of, Usage()))
    assert GUARDS["canary"].blocks(asked(case, of, Usage(canaries={key: young})))
    assert not GUARDS["canary"].blocks(asked(case, of, Usage(canaries={("another rule", case.key.kind): young})))
    assert not GUARDS["canary"].blocks(asked(case, of, Usage(canaries={(key[0], "aws.rds_instance"): young})))
    assert patient(("canary", "caps", "window"))


def test_a_rule_that_is_not_known_blocks() -> None:
    of = policies()
    assert GUARDS["canary"].blocks(asked(ready(of), replace(of, reaps={}), Usage()))


def test_a_stop_is_no_canary() -> None:
    of = policies(reap("machines", "state == 'running'", kinds=(MACHINE.name,), after={Mode.NOTIFY: days(0), Mode.STOP: days(1)}))
    thing = resource(MACHINE.name, "i-1", fields={"state": "running"})
    case = replace(in_grace(of, thing), state=State.APPROVED)
    asking = asked(case, of, Usage(canaries={(rule_of(of, "machines"), MACHINE.name): Canary(begun=(NOW,))}))
    assert asking.action
    assert asking.action.verb is Verb.STOP
    assert not GUARDS["canary"].blocks(asking)


@pytest.mark.parametrize(("known", "going"), [(Canary(), 1), (Canary(begun=(NOW,), proven=True), 5)])
def test_what_is_taken_counts_at_once(known: Canary, going: int) -> None:
    """Of seven that are ready so many go: those of the same plan are the first acts of the rule."""
    of = policies()
    usage = Usage(canaries={(rule_of(of, "unattached"), "aws.ebs_volume"): known})
    taken = 0
    for number in range(7):
        one = asked(ready(of, f"vol-{number}"), of, usage)
        if not GUARDS["canary"].blocks(one):
            assert one.action
            usage = usage.with_act(act_of(one.case, one.action, one.now, rule_of(of, one.case.policy)))
            taken += 1
    assert taken == going


def test_the_rule_is_the_document_and_not_its_layout() -> None:
    written = reap("p", "state == 'available'", "size_gb > 10")
    assert rule_digest(written) == rule_digest(reap("p", "size_gb   > 10", "(state == 'available')"))
    others = [
        reap("p", "state == 'available'"),
        reap("q", "state == 'available'", "size_gb > 10"),
        reap("p", "state == 'available'", "size_gb > 11"),
        replace(written, mode=Mode.STOP),
        replace(written, before_delete=()),
        replace(written, after={Mode.NOTIFY: days(0), Mode.DELETE: days(15)}),
        replace(written, only_team="payments"),
    ]
    digests = {rule_digest(each) for each in (written, *others)}
    assert len(digests) == len(others) + 1


# --- the guards of holds -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_blocks_by_a_guard_of_its_own(cause: Cause) -> None:
    of = policies()
    case = ready(of)
    named = "aws.ebs_volume" if cause is Cause.DROP else case.policy
    hold = Hold(id="h-1", cause=cause, subject=named, account=case.key.account, at=NOW)
    quiet = asked(case, of, Usage())
    held = replace(quiet, standing=replace(quiet.standing, holds=(hold,)))
    new = set(blocked(held)) - set(blocked(replace(quiet, standing=replace(quiet.standing, proven=True))))
    assert HELD[cause] in new
    assert not patient((HELD[cause],)), "time alone does not lift it"
    if cause is not Cause.VERSION:
        for other in (replace(hold, subject="another"), replace(hold, account="another")):
            elsewhere = replace(quiet, standing=replace(quiet.standing, holds=(other,)))
            assert not GUARDS[HELD[cause]].blocks(elsewhere)
