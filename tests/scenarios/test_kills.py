"""kill -9 at named moments of the real service, in a process of its own; another process then goes on and finishes.

Whatever the moment: one delete call per deleted resource, none without an earlier intent, approval, receipt and backup, nothing
lost or half done, and a trail that explains each call that changed something. SEXTON_TEST_NIGHTLY=1 sweeps every moment.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from demo.aws.calls import Call
from demo.aws.faults import Dropped
from engine.case import Case, State
from engine.model import Mode, Verb
from engine.schedule import complete
from makers.reapers import KILLED, Nursery, nursery, order_of
from makers.world import FILES, World, small_world, somebody

NIGHTLY = "SEXTON_TEST_NIGHTLY" in os.environ

POLICIES = {
    "organization.yaml": FILES["organization.yaml"] + "  approvals: {approve_by: 900d, execute_by: 900d}\n",
    "machines.yaml": FILES["machines.yaml"] + "  approval: {stop: owner}\n",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """A moment: before, inside or after a step of the ledger; a call that the cloud drops, receives, or answers in vain."""

    where: str
    when: str
    step: str
    event: str = ""
    nightly: bool = False
    """Only swept at night: a neighbour of it is always swept."""

    def __str__(self) -> str:
        return f"{self.where}: {self.when} {self.step} {self.event}".strip()


def ledger(when: str, step: str, event: str = "", *, nightly: bool = False) -> Kill:
    return Kill(where="ledger", when=when, step=step, event=event, nightly=nightly)


def cloud(when: str, step: str, *, nightly: bool = False) -> Kill:
    return Kill(where="cloud", when=when, step=step, nightly=nightly)


def around(step: str) -> Sequence[Kill]:
    """A call that never arrives, one that arrives, and one whose answer nobody hears."""
    return (cloud("dropped", step), cloud("received", step, nightly=True), cloud("answered", step))


DELETE = (
    ledger("after", "claim", nightly=True),
    ledger("before", "save_all", "condemn began", nightly=True),
    ledger("after", "save_all", "condemn began"),
    *around("CreateTags"),
    ledger("before", "save_all", "condemn done", nightly=True),
    ledger("after", "save_all", "condemn done"),
    ledger("before", "save_all", "backup began", nightly=True),
    ledger("after", "save_all", "backup began", nightly=True),
    *around("CreateSnapshot"),
    ledger("before", "save_all", "backup sent", nightly=True),
    ledger("after", "save_all", "backup sent"),
    ledger("before", "save_all", "backup done", nightly=True),
    ledger("after", "save_all", "backup done"),
    ledger("before", "begin", nightly=True),
    ledger("inside", "begin"),
    ledger("after", "begin"),
    *around("DeleteVolume"),
    ledger("before", "settle", nightly=True),
    ledger("after", "settle", nightly=True),
    ledger("before", "release", nightly=True),
)
STOP = (ledger("after", "begin"), *around("StopInstances"), ledger("after", "settle", nightly=True))
RESTORE = (
    *around("CreateVolume"),
    ledger("before", "save_all", "restore sent", nightly=True),
    ledger("after", "save_all", "restore sent"),
    ledger("after", "save_all", "restore done", nightly=True),
)
NOTICE = (
    ledger("before", "post", nightly=True),
    ledger("after", "post"),
    ledger("before", "delivered"),
    ledger("after", "delivered", nightly=True),
)
SCAN = (
    cloud("received", "DescribeVolumes"),
    ledger("before", "save_all", "opened", nightly=True),
    ledger("after", "save_all", "opened"),
)


def swept(kills: Sequence[Kill]) -> Sequence[Kill]:
    return [kill for kill in kills if NIGHTLY or not kill.nightly]


@dataclass(slots=True, kw_only=True)
class Sweep:
    """Kills reapers, lets others finish, and watches every call that arrives."""

    world: World
    nursery: Nursery
    armed: Kill | None = None
    pid: int = 0
    started: threading.Event = field(default_factory=threading.Event)
    wrong: list[str] = field(default_factory=list)

    def hook(self, call: Call, moment: str) -> None:
        """At the door of AWS."""
        if moment == "before" and call.action in ("DeleteVolume", "StopInstances") and call.account:
            self._witness(call)
        kill = self.armed
        if kill is None or kill.step != call.action or moment != ("after" if kill.when == "answered" else "before"):
            return
        self.armed = None
        assert self.started.wait(20)
        os.kill(self.pid, signal.SIGKILL)
        if kill.when == "dropped":
            raise Dropped

    def _witness(self, call: Call) -> None:
        """What must be durable before such a call may arrive."""
        verb = Verb.DELETE if call.action == "DeleteVolume" else Verb.STOP
        open_intents = [intent for intent in self.world.ledger.open_intents() if intent.verb is verb]
        if len(open_intents) != 1:
            self.wrong.append(f"{call.action} with {len(open_intents)} open intents")
            return
        case = self.world.ledger.case(open_intents[0].case)
        assert case is not None
        needs = case.terms.approval[Mode(str(verb))]
        given = [yes for yes in case.agreements if yes.action == open_intents[0].action.hash]
        if not complete(needs, given, case.owner):
            self.wrong.append(f"{call.action} without an approval")
        if case.told is None or not case.told.receipt:
            self.wrong.append(f"{call.action} without a receipt")
        if verb is Verb.DELETE and not self._has_snapshot(case):
            self.wrong.append(f"{call.action} without a backup")

    def _has_snapshot(self, case: Case) -> bool:
        from moto.backends import get_backend

        snapshots = get_backend("ec2")[case.key.account][case.key.region].snapshots
        made = snapshots.get(str(case.memory.get(Verb.BACKUP, {}).get("snapshot")))
        return case.backed_up and made is not None and made.status == "completed" and made.volume.id == case.key.id

    def kill(self, kill: Kill) -> None:
        """A reaper is killed at the moment; a moment that never came is a fault of the test."""
        self.started.clear()
        self.armed = kill if kill.where == "cloud" else None
        of_ledger = {"method": kill.step, "when": kill.when, "event": kill.event} if kill.where == "ledger" else None
        self.pid = self.nursery.start(order_of(self.world, kill=of_ledger, ticks=2))
        self.started.set()
        assert self.nursery.wait(self.pid) == KILLED, f"{kill}: never came to be"
        self.armed = None

    def finish(self, until: Callable[[], bool], people: Callable[[], None] = lambda: None) -> None:
        """Another process goes on, day by day, with people answering what they are asked."""
        for _ in range(6):
            self.world.pass_database_time()
            assert self.nursery.wait(self.nursery.start(order_of(self.world, ticks=2))) == 0, self.log()
            if until():
                return
            people()
            self.world.later(hours=25)
        pytest.fail(f"it did not end: {[(case.name, str(case.state), case.tell) for case in self.world.cases()]}\n{self.log()}")

    def log(self) -> str:
        return (self.world.folder / "reapers.log").read_text()[-3000:]

    def approve(self, id: str) -> None:
        case = self.world.case(id)
        if case.state is State.AWAITING_APPROVAL and not case.tell:
            self.world.approve(id)

    def explained(self) -> None:
        """At the end: nothing open, and the trail has a row for every call that changed something."""
        assert self.wrong == []
        assert self.world.ledger.open_intents() == []
        assert self.world.ledger.verify_audit().ok
        rows = self.world.ledger.audit_rows()
        began = Counter(str(row.data["verb"]) for row in rows if row.event == "began")
        received = Counter(call.action for call in self.world.called())
        assert received["DeleteVolume"] <= began["delete"]
        assert received["StopInstances"] <= began["stop"]
        half_done = (State.STUCK, State.STOPPING, State.DELETING, State.RESTORING)
        assert not any(case.state in half_done for case in self.world.cases())


@pytest.fixture(scope="module")
def reapers() -> Iterator[Nursery]:
    with nursery() as made:
        yield made


@pytest.fixture
def sweep(tmp_path: Path, reapers: Nursery) -> Iterator[Sweep]:
    with small_world(tmp_path / "world", POLICIES) as world:
        made = Sweep(world=world, nursery=reapers)
        with world.aws.on_call(made.hook):
            yield made


def asked(world: World, make: Callable[[str], str], count: int) -> list[str]:
    """So many resources about which their owner has been asked."""
    ids = [make(f"r{number}") for number in range(count)]
    world.go(lambda: all(world.state(id) is State.AWAITING_APPROVAL and not world.case(id).tell for id in ids))
    world.aws.forget_calls()
    return ids


def test_deletes(sweep: Sweep) -> None:
    world, kills = sweep.world, swept(DELETE)
    for id, kill in zip(asked(world, world.volume, len(kills)), kills, strict=True):
        before = Counter(call.action for call in world.called())
        world.approve(id)
        sweep.kill(kill)
        sweep.finish(lambda: world.state(id) in (State.DELETED, State.CLOSED), lambda: sweep.approve(id))  # noqa: B023 - used at once
        sent = Counter(call.action for call in world.called()) - before
        intents = Counter(intent.status for intent in world.intents(id))
        assert id not in world.volumes(), kill
        assert intents["done"] == 1, kill
        assert sent["DeleteVolume"] == 1 + intents["void"] - (1 if kill == ledger("after", "begin") else 0), kill
        assert sent["CreateSnapshot"] <= 1 + intents["void"] + (1 if kill.step == "CreateSnapshot" else 0), kill
        assert (world.case(id).closed is None) or (str(world.case(id).closed.reason) == "done"), "ours, not vanished"  # type: ignore[union-attr]
    sweep.explained()


def test_stops(sweep: Sweep) -> None:
    world, kills = sweep.world, swept(STOP)
    for id, kill in zip(asked(world, world.machine, len(kills)), kills, strict=True):
        before = len(world.called("StopInstances"))
        world.approve(id)
        sweep.kill(kill)
        sweep.finish(lambda: world.case(id).rung is Mode.STOP, lambda: sweep.approve(id))  # noqa: B023 - used at once
        voided = sum(intent.status == "void" for intent in world.intents(id, Verb.STOP))
        sent = len(world.called("StopInstances")) - before
        assert sent == 1 + voided - (1 if kill == ledger("after", "begin") else 0), kill
        assert world.state_of(id) == "stopped", kill
    sweep.explained()


def test_restores(sweep: Sweep) -> None:
    world, kills = sweep.world, swept(RESTORE)
    ids = asked(world, world.volume, len(kills))
    for id in ids:
        world.approve(id)
    world.tick()
    assert {world.state(id) for id in ids} == {State.DELETED}
    for id, kill in zip(ids, kills, strict=True):
        before = world.volumes()
        world.desk.restore(world.case(id).id, somebody("ann"))
        sweep.kill(kill)
        sweep.finish(lambda: world.state(id) is State.CLOSED)  # noqa: B023 - used at once
        (new,) = world.volumes() - before
        assert str(world.case(id).closed.reason) == "restored", kill  # type: ignore[union-attr]  # the line before has seen it closed
        assert world.ledger.shields(world.clock.now())[f"aws.ebs_volume/111122223333/us-east-1/{new}"], kill
    sweep.explained()
    assert len(world.called("DeleteVolume")) == len(ids)


def test_notices(sweep: Sweep) -> None:
    world = sweep.world
    world.tick()
    for number, kill in enumerate(swept(NOTICE)):
        world.later(hours=25)
        id = world.volume(f"notice-{number}")
        sweep.kill(kill)
        sweep.finish(lambda: world.state(id) is State.GRACE)  # noqa: B023 - used at once
        told = [message for message in world.messages() if f"notice-{number}" in str(message.blocks)]
        twice = kill == ledger("before", "delivered")  # Slack has it and we do not know
        assert len(told) == 1 + twice, kill
        receipt = world.case(id).told
        assert receipt
        assert receipt.receipt.endswith(told[-1].ts), kill
    sweep.explained()


def test_scans(sweep: Sweep) -> None:
    world = sweep.world
    world.tick()
    for number, kill in enumerate(swept(SCAN)):
        world.later(hours=25)
        ids = [world.volume(f"scan-{number}-{each}") for each in range(3)]
        sweep.kill(kill)
        sweep.finish(lambda: all(world.state(id) is State.GRACE for id in ids))  # noqa: B023 - used at once
        assert len([case for case in world.cases() if case.key.id in ids]) == 3, kill
    sweep.explained()
