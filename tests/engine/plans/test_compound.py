"""What goes together: a table, and the same of any graph: nothing goes while something refers to it, in order, all or none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.canary import FEW, Canary
from engine.case import Agreement, Case, Kept, State
from engine.compound import companies, going, parts_going
from engine.limits import Usage
from engine.model import Key, Mode, Resource
from engine.plan import Plan, plan
from engine.policy import Limits, PolicySet
from engine.rule import rule_of
from engine.scanned import Scanned
from engine.schedule import action_of
from engine.standing import Standing
from makers.cases import KINDS, NOW, VOLUME, in_grace, policies, resource, scanned

DUE = NOW + timedelta(days=21)
READY, WAITS, KEPT, NONE = "ready", "waits", "kept", "none"
Edges = Mapping[str, tuple[str, ...]]


def links(thing: Resource) -> tuple[Key, ...]:
    return tuple(replace(thing.key, id=id, born="") for id in str(thing.fields["made_of"]).split())


def under(limits: Limits | None = None) -> PolicySet:
    """The policies, for disks that are made of disks."""
    kinds = {**KINDS, "aws.ebs_volume": replace(VOLUME, links=links, parts=frozenset({"aws.ebs_volume"}))}
    organization = replace(policies().organization, limits=limits or Limits(per_day=100), total=Limits())
    return replace(policies(), kinds=kinds, organization=organization)


def case_of(id: str, said: str) -> Case:
    case = replace(in_grace(policies(), resource(id=id)), called=(DUE - timedelta(days=2),))
    if said == KEPT:
        return replace(case, state=State.KEPT, kept=Kept(until=DUE + timedelta(days=30), who="ann@x.example"))
    ready = replace(case, state=State.APPROVED if said == READY else State.AWAITING_APPROVAL)
    action = action_of(ready)
    assert action
    agreement = Agreement(role="owner", who="ann@x.example", at=DUE, action=action.hash)
    return replace(ready, agreements=(agreement,)) if said == READY else ready


def world(edges: Edges, of: PolicySet) -> Scanned:
    things = (resource(id=id, fields={"state": "available", "made_of": " ".join(to)}) for id, to in edges.items())
    return scanned(of, *things, as_of=DUE - timedelta(minutes=30))


def planned(edges: Edges, said: Mapping[str, str], of: PolicySet | None = None, rests: tuple[str, ...] = ()) -> Plan:
    """The plan where the resources refer to one another so, and their cases stand so."""
    of = of or under()
    cases = [case_of(id, how) for id, how in said.items() if how != NONE]
    seen, by_ref = world(edges, of), {case.key.ref: case for case in cases}
    rule = rule_of(of, "unattached")
    proved = Canary(begun=(NOW,) * (FEW + 1), proven=True)
    together = companies(cases, by_ref.get, seen, {ref_of(id): frozenset({""}) for id in rests})
    standing = Standing(
        policies=of, server=Mode.DELETE, frozen=False, head_current=True, scanned=seen, proven=True, companies=together,
        usage=Usage(canaries={(rule, "aws.ebs_volume"): proved}),
    )  # fmt: skip
    return plan(cases, standing, DUE)


def ref_of(id: str) -> str:
    return resource(id=id).key.ref


def taken(made: Plan) -> list[str]:
    return [action.key.id for action in made.actions]


CHAIN = {"image": ("snap-a", "snap-b"), "snap-a": (), "snap-b": ()}
ALL = dict.fromkeys(CHAIN, READY)


def test_the_whole_goes_first() -> None:
    assert taken(planned(CHAIN, ALL))[0] == "image"
    assert set(taken(planned(CHAIN, ALL))) == set(CHAIN)


def test_one_that_is_not_ready_holds_all_and_is_named() -> None:
    for how in (WAITS, KEPT):
        made = planned(CHAIN, {**ALL, "snap-b": how})
        assert taken(made) == []
        assert all("references" in skipped.blocked_by and ref_of("snap-b") in skipped.why for skipped in made.skipped)


def test_a_part_without_a_case_goes_nowhere_and_holds_only_where_somebody_said_so() -> None:
    said = {**ALL, "snap-b": NONE}
    assert set(taken(planned(CHAIN, said))) == {"image", "snap-a"}
    made = planned(CHAIN, said, rests=("snap-b",))
    assert taken(made) == []
    assert all("somebody said that it stays" in skipped.why for skipped in made.skipped)


def test_what_something_else_needs_stays_and_holds_nobody() -> None:
    shared = {**CHAIN, "other": ("snap-b",)}
    assert taken(planned(shared, {**ALL, "other": NONE})) == ["image", "snap-a"]


def test_a_circle_is_refused_in_words() -> None:
    made = planned({"a": ("b",), "b": ("a",)}, {"a": READY, "b": READY})
    assert taken(made) == []
    assert all("in a circle" in skipped.why for skipped in made.skipped)


def test_a_group_that_never_fits_says_so() -> None:
    made = planned(CHAIN, ALL, under(Limits(per_day=2)))
    assert taken(made) == []
    assert {skipped.why for skipped in made.skipped} == {
        "3 resources go together, which never fit into per_day: raise that, or keep one."
    }


def test_what_was_read_as_gone_refers_to_nothing() -> None:
    of = under()
    seen, image, part = world(CHAIN, of), case_of("image", READY), case_of("snap-a", READY)
    gone = replace(image, state=State.DELETED, rung=Mode.DELETE, rung_at=DUE)
    found = companies([part], {image.key.ref: gone}.get, seen, {})
    assert found.gone == {image.key.ref}
    before = replace(gone, rung_at=DUE - timedelta(days=1))
    assert companies([part], {image.key.ref: before}.get, seen, {}).gone == frozenset(), "a newer inventory lists it"


def test_only_parts_whose_wholes_all_go_are_free_to_go_in_use() -> None:
    seen = world({**CHAIN, "other": ("snap-b",)}, under())
    assert parts_going(seen, going([case_of("image", READY)])) == {ref_of("snap-a")}


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Edges, dict[str, str]]:
    """Resources of which each refers to some of those after it, and how their cases stand."""
    ids = [f"vol-{number}" for number in draw(st.permutations(range(draw(st.integers(1, 6)))))]
    edges = {id: tuple(other for other in ids[place + 1 :] if draw(st.booleans())) for place, id in enumerate(ids)}
    return edges, {id: draw(st.sampled_from((READY, READY, READY, WAITS, KEPT, NONE))) for id in ids}


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_of_any_graph(graph: tuple[Edges, dict[str, str]]) -> None:
    edges, said = graph
    acts = taken(planned(edges, said))
    users = {id: {other for other, to in edges.items() if id in to} for id in edges}
    for place, id in enumerate(acts):
        assert users[id] <= set(acts[:place]), "who refers to it goes before it"
    for together in groups(edges, users, said):
        ready = {said[id] for id in together} == {READY}
        assert together & set(acts) == (together if ready else set()), "all or none"


def groups(edges: Edges, users: Mapping[str, set[str]], said: Mapping[str, str]) -> list[set[str]]:
    """What is to go and needed only by what is to go, joined along its edges: told another way than the code under test does."""

    def is_free(id: str) -> bool:
        return said[id] != NONE and all(map(is_free, users[id]))

    found = [{id} for id in edges if is_free(id)]
    for user in edges:
        for part in edges[user]:
            ends = [group for group in found if user in group or part in group]
            if len(ends) == 2 and is_free(user) and is_free(part):
                found = [group for group in found if group not in ends] + [ends[0] | ends[1]]
    return found
