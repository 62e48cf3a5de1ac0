"""docs/reference/life.md: it names every state and every event, it is made from the code, and what is closed stays closed."""

from __future__ import annotations

import importlib
import re
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from types import ModuleType

import pytest

from engine.case import Case, State
from engine.events import Event, Judged
from engine.guards import GUARDS, Asked, blocked
from engine.holds.hold import Cause, Hold
from engine.looked import Look
from engine.model import Mode, Verb
from engine.policy import Hours, Limits, Organization, PolicySet
from engine.schedule import action_of
from engine.standing import Standing
from makers.cases import NOW, VOLUME, in_grace, resource

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "reference" / "life.md").read_text()
EVENTS = {event.__name__ for event in Event.__args__}
NAMES = {"stays", *map(str, State)}


@pytest.fixture
def maker(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The generator, as `make docs` finds it."""
    monkeypatch.syspath_prepend(DOCS)
    return importlib.import_module("life_page")


def section(title: str) -> str:
    return PAGE.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


def table() -> list[tuple[str, str, set[str]]]:
    """State, event, and the states that may follow, as the page has them."""
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \| (.+) \|$", section("What follows"), re.MULTILINE)
    return [(state, event, {one.split(" ")[0] for one in following.split(", ")}) for state, event, following in rows]


def test_every_state_and_every_event_is_there_with_its_meaning() -> None:
    assert re.findall(r"^\| `(\w+)` \| \S.+ \|$", section("States"), re.MULTILINE)[: len(State)] == list(map(str, State))
    assert set(re.findall(r"^\| `(\w+)` \| [\w ,]+ \| \S.+ \|$", section("Events"), re.MULTILINE)) == EVENTS


def test_every_state_and_every_event_is_in_the_table() -> None:
    assert {state for state, _, _ in table()} == set(map(str, State))
    assert {event for _, event, _ in table()} == EVENTS
    assert set().union(*(following for _, _, following in table())) == NAMES, "every state can be reached"


def test_nothing_leads_out_of_closed() -> None:
    assert [following for state, _, following in table() if state == "closed"] == [{"stays"}]


def test_only_an_act_deletes_and_only_what_was_agreed_to_begins() -> None:
    """The sentence that matters most, read off the page."""
    assert {(state, event) for state, event, following in table() if "deleted" in following} == {
        ("deleting", "Settled"),
        ("stuck", "Retried"),
    }
    assert {(state, event) for state, event, following in table() if "deleting" in following} == {
        ("approved", "Began"),
        ("snapshotting", "Began"),
    }


def test_the_page_is_what_the_code_says_and_says_it_twice_alike(maker: ModuleType) -> None:
    note = PAGE.split("\n# ", 1)[0]
    assert maker.life_page(note) == maker.life_page(note) == PAGE


def test_a_state_without_a_meaning_is_noticed(maker: ModuleType) -> None:
    with pytest.raises(ValueError, match="bare has no text"):
        list(maker.documented(Bare))


class Bare(StrEnum):
    """Words of which one is not explained."""

    SAID = "said"
    """It says what it means."""
    BARE = "bare"


def test_every_guard_has_its_sentence_and_there_is_no_other() -> None:
    """A case that everything holds back names every guard that there is."""
    nothing = Organization(hours=Hours(days=()), limits=Limits(per_day=0))
    kind = replace(VOLUME, acts=frozenset(Verb))
    policies = PolicySet(organization=nothing, kinds={kind.name: kind})
    case = replace(in_grace(), paused_at=NOW, told=None, fingerprint="", agreed=0)
    holds = tuple(_held(cause, case) for cause in Cause)
    standing = Standing(policies=policies, server=Mode.OBSERVE, frozen=True, head_current=False, holds=holds)
    event = Judged(as_of=NOW, findings=())
    needed = resource(created=NOW, tags={"do-not-delete": ""})
    look = Look(resource=needed, event=event, at=NOW, skew=None)
    action, now = action_of(case), NOW + timedelta(days=10)
    assert action
    asked = Asked(case=case, action=action, standing=standing, usage=standing.usage, now=now, look=look, last=True)
    assert set(blocked(asked)) == set(GUARDS)
    assert [guard.number for guard in GUARDS.values()] == list(range(1, 25))
    for name in GUARDS:
        assert f"| {GUARDS[name].number} | `{name}` | {GUARDS[name].sentence} |" in PAGE


def _held(cause: Cause, case: Case) -> Hold:
    subject = case.key.kind if cause is Cause.DROP else case.policy
    return Hold(id=str(cause), cause=cause, subject=subject, account=case.key.account, at=NOW)
