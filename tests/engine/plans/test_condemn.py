"""Two phases in the cloud, as far as they are arithmetic: mark, guard, veto, and the ceiling where nothing ties a delete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from engine import case as of
from engine import events as on
from engine.case import Agreement, Case, Closed, Ending, State
from engine.condemn import CONSOLE, is_left, is_placed, is_wanted, mark_of, veto
from engine.guards import GUARDS, Asked, may_condemn
from engine.judge import judge_one
from engine.life import advance
from engine.looked import Look
from engine.mark import carried, carries, is_of
from engine.model import Mode, Resource, Unknown, Verb
from engine.policy import Approval, PolicySet
from engine.schedule import Rules, action_of
from engine.standing import Standing
from engine.verdict import Finding
from engine.view import view
from makers.cases import KINDS, NOW, context, in_grace, policies, reap, resource, seen

DUE = NOW + timedelta(days=21)
PLACED = DUE + timedelta(minutes=1)
LATER = PLACED + timedelta(hours=1)


def under(untied: str = "", **more: Any) -> PolicySet:
    """Policies over volumes that can be condemned."""
    volume = KINDS["aws.ebs_volume"]
    acts = volume.acts | {Verb.CONDEMN, Verb.SPARE}
    return replace(policies(reap(**more)), kinds={**KINDS, volume.name: replace(volume, acts=acts, untied=untied)})


def approved() -> Case:
    case = advance(in_grace(under()), on.Ticked(), Rules(policies=under()), DUE)
    action = action_of(case)
    assert action is not None
    yes = Agreement(role="owner", who="ann@x.example", at=DUE, action=action.hash)
    return after(replace(case, tell=""), on.Approved(agreement=yes, needs=Approval.OWNER))


def after(case: Case, event: on.Event) -> Case:
    return advance(case, event, Rules(policies=under()), DUE)


def condemned(case: Case | None = None, **more: str) -> Case:
    case = case or approved()
    memory = {"mark": mark_of(case), "began": DUE.isoformat(), "placed": PLACED.isoformat(), **more}
    return after(case, on.Marked(memory=memory))


def tagged(tags: Mapping[str, str] | Unknown | None = None, **more: Any) -> Resource:
    tags = {"sexton:condemned": mark_of(approved())} if tags is None else tags
    return resource(tags=tags if isinstance(tags, Unknown) else {"owner": "payments", **tags}, seen_at=LATER, **more)


# --- the mark --------------------------------------------------------------------------------------------------------------


def test_a_mark_names_case_and_generation() -> None:
    case = approved()
    assert mark_of(case) == f"{case.id}:0"
    assert carries({"sexton:condemned": f"{case.id}:0"}, mark_of(case))
    assert carries({"sexton-condemned": f"{case.id}-0"}, mark_of(case)), "as GCP writes it"
    assert not carries({"sexton:condemned": f"{case.id}:1"}, mark_of(case))
    assert not carries({}, mark_of(case))
    assert carried({"owner": "x"}) == ""


@pytest.mark.parametrize(
    ("found", "is_ours"), [("c-1:0", True), ("c-1-12", True), ("c-1:x", False), ("c-11:0", False), ("c-2:0", False), ("", False)]
)
def test_whose_mark_it_is(found: str, is_ours: bool) -> None:
    assert is_of(found, "c-1") is is_ours


def test_placed_is_for_this_generation_and_while_nobody_takes_it_away() -> None:
    assert is_placed(condemned())
    assert not is_placed(approved())
    assert not is_placed(after(approved(), on.Marked(memory={"mark": mark_of(approved()), "began": DUE.isoformat()})))
    assert not is_placed(replace(condemned(), generation=1))
    assert not is_placed(condemned(sparing=LATER.isoformat()))


def test_a_tag_is_left_wherever_its_delete_is_not_on_its_way() -> None:
    case = condemned()
    assert is_wanted(case)
    assert not is_left(case)
    assert not is_left(approved())
    kept = after(case, on.Keeping(kept=of.Kept(until=LATER, who="ann")))
    assert is_left(kept)
    assert is_left(after(case, on.Rejected(who="ann")))
    assert is_left(after(case, on.Drifted(fingerprint="f2")))
    assert is_left(replace(case, generation=1)), "the tag speaks of an earlier approval"
    deleted = replace(case, state=State.DELETED, rung=Mode.DELETE)
    assert not is_left(deleted), "it went with the resource"
    back = replace(deleted, state=State.CLOSED, closed=Closed(reason=Ending.RESTORED, at=LATER))
    assert is_left(back), "what comes back from a bin has its tags"
    assert not is_left(after(kept, on.Marked()))


def test_no_tag_is_written_where_nothing_was_agreed() -> None:
    memory = {"mark": "c:0", "began": DUE.isoformat()}
    for case in (in_grace(under()), after(approved(), on.Rejected(who="ann"))):
        assert after(case, on.Marked(memory=memory)) is case
    closed = after(condemned(), on.Rejected(who="ann"))
    assert after(closed, on.Marked(memory={**memory, "sparing": "now"})) != closed, "and may be taken away from anything"


# --- the guard --------------------------------------------------------------------------------------------------------------


def blocks(case: Case, found: Resource | None, of_: PolicySet | None = None) -> bool:
    standing = Standing(policies=of_ or under(), server=Mode.DELETE, frozen=False, head_current=True)
    look = Look(resource=found, event=seen(case, LATER, under(), found), at=LATER, skew=None) if found else None
    asked = Asked(case=case, action=action_of(case), standing=standing, usage=standing.usage, now=LATER, look=look)
    return GUARDS["condemn"].blocks(asked)


def test_the_guard_wants_the_tag_placed_and_seen() -> None:
    assert not blocks(condemned(), tagged())
    assert blocks(approved(), tagged()), "not placed by us"
    assert blocks(condemned(), tagged({})), "not there"
    assert blocks(condemned(), tagged({"sexton:condemned": "c-other:0"})), "of another case"
    assert blocks(condemned(), tagged({"sexton:condemned": f"{approved().id}:1"})), "of another generation"
    assert blocks(condemned(), tagged(Unknown("denied"))), "unreadable"
    assert GUARDS["condemn"].number == 13


def test_a_plan_and_what_cannot_be_condemned_pass() -> None:
    assert not blocks(approved(), None)
    assert not blocks(approved(), tagged({}), policies())


def test_what_only_waits_may_be_condemned() -> None:
    assert may_condemn(("window", "caps", "canary", "notice"))
    assert may_condemn(())
    for guard in ("approval", "freeze", "mode", "surge"):
        assert not may_condemn((guard, "window"))


# --- the veto ---------------------------------------------------------------------------------------------------------------


def test_a_removed_tag_is_a_keep_and_the_owner_is_told() -> None:
    found = veto(condemned(), tagged({}), under(), LATER)
    assert found is not None
    assert found.kept.who == CONSOLE
    assert found.kept.until == LATER + timedelta(days=90)
    assert "sexton:condemned" in found.kept.reason
    kept = after(condemned(), found)
    assert (kept.state, kept.tell, kept.agreements) == (State.KEPT, "vetoed", ())
    assert Verb.CONDEMN not in kept.memory, "nothing is left to take away"


def test_what_is_no_veto() -> None:
    assert veto(condemned(), tagged(), under(), LATER) is None, "it is there"
    assert veto(condemned(), tagged(Unknown("denied")), under(), LATER) is None, "nobody can say"
    assert veto(approved(), tagged({}), under(), LATER) is None, "it was never there"
    assert veto(condemned(), tagged({"sexton:condemned": "c-other:0"}), under(), LATER) is None, "another one is there"
    soon = replace(tagged({}), seen_at=PLACED + timedelta(seconds=90))
    assert veto(condemned(), soon, under(), LATER) is None, "the cloud may answer with what it knew before"
    before = replace(tagged({}), seen_at=PLACED - timedelta(hours=1))
    assert veto(condemned(), before, under(), LATER) is None, "an inventory from before the tag"
    assert veto(condemned(sparing=LATER.isoformat()), tagged({}), under(), LATER) is None, "we took it away"
    assert veto(replace(condemned(), state=State.DELETING), tagged({}), under(), LATER) is None, "the outcome decides first"


def test_a_veto_moves_nothing_that_is_over() -> None:
    found = veto(condemned(), tagged({}), under(), LATER)
    assert found is not None
    deleting = replace(condemned(), state=State.DELETING)
    assert after(deleting, found) is deleting


# --- where nothing ties a delete --------------------------------------------------------------------------------------------


def finding(of_: PolicySet) -> Finding:
    judged = judge_one(view(resource(), context(of_), NOW), context(of_), NOW)
    (found,) = judged.findings
    return found


def test_what_the_cloud_does_not_hold_back_is_only_stopped() -> None:
    assert finding(under()).mode is Mode.DELETE
    capped = finding(under(untied="no conditions"))
    assert capped.mode is Mode.STOP
    assert "without_condemn" in capped.because


def test_unless_a_policy_says_otherwise_and_owner_and_platform_agree() -> None:
    said = finding(under(untied="no conditions", without_condemn=True))
    assert said.mode is Mode.DELETE
    assert said.terms.approval[Mode.DELETE] is Approval.OWNER_AND_PLATFORM
    tied = finding(under(without_condemn=True))
    assert tied.terms.approval[Mode.DELETE] is Approval.OWNER, "a kind that is tied needs no more than before"
