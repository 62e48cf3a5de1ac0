"""The simulated cloud and channel as a process sees them that will be killed: they live on at the other end of a pipe."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any

from engine.model import Inventory, Role, Verb
from engine.notice import Notice
from reapers.notify import NotDelivered, Receipt
from simulation.calls import CloudError
from simulation.cell import SimulatedCell
from simulation.channel import Channel
from simulation.cloud import SimulatedCloud
from simulation.estate import Estate
from simulation.memory import MemoryStore

Step = Callable[[str, str], None]
"""Told of every step that can be died at: `before` or `after`, and what it is called."""


def die() -> None:
    """As a power cut: nothing is cleaned up, flushed or said."""
    os.kill(os.getpid(), signal.SIGKILL)


class RemoteCloud(SimulatedCloud):
    """What it reads and changes is the parent's."""

    pipe: Connection
    step: Step

    def cell(self, account: str, region: str, role: Role, now: datetime) -> SimulatedCell:
        """A place to ask in."""
        return RemoteCell(self, account, region, role, now)

    def ask(self, name: str, *about: Any) -> Any:
        """One request over the pipe; the cloud's errors come back as they are."""
        self.pipe.send((name, about))
        kind, answer = self.pipe.recv()
        if kind == "refused":
            raise CloudError(*answer)
        return answer

    def change_there(self, name: str, cell: SimulatedCell, *about: Any) -> Any:
        """One call that changes something, with a chance to die on either side of it."""
        self.step("before", f"call {name}")
        answer = self.ask("cell", name, (cell.account, cell.region, cell.role, cell.now), about)
        self.step("after", f"call {name}")
        return answer


class RemoteCell(SimulatedCell):
    """Reads a copy of the parent's estate, made for this reading; changes go to the parent."""

    cloud: RemoteCloud

    def reads(self, operation: str, key: Any) -> None:
        """The newest copy."""
        self.cloud.estate = self.cloud.ask("estate")

    def delete(self, order: Any) -> Mapping[str, Any]:
        """As the parent's cloud answers."""
        answer: Mapping[str, Any] = self.cloud.change_there("delete", self, order)
        return answer

    def switch(self, verb: Verb, order: Any) -> Mapping[str, Any]:
        """As the parent's cloud answers."""
        answer: Mapping[str, Any] = self.cloud.change_there("switch", self, verb, order)
        return answer

    def back_up(self, order: Any) -> Mapping[str, Any]:
        """As the parent's cloud answers."""
        answer: Mapping[str, Any] = self.cloud.change_there("back_up", self, order)
        return answer

    def restore(self, order: Any) -> Mapping[str, Any]:
        """As the parent's cloud answers."""
        answer: Mapping[str, Any] = self.cloud.change_there("restore", self, order)
        return answer

    def tag(self, verb: Verb, order: Any, carrier: Any, mark: str) -> bool:
        """As the parent's cloud answers."""
        return bool(self.cloud.change_there("tag", self, verb, order, carrier, mark))


class RemoteChannel(Channel):
    """Posts through the parent."""

    pipe: Connection
    step: Step

    def deliver(self, notice: Notice, at: datetime) -> Receipt:
        """As the parent's channel answers."""
        self.step("before", "call deliver")
        self.pipe.send(("deliver", (notice, at)))
        kind, answer = self.pipe.recv()
        self.step("after", "call deliver")
        if kind == "refused":
            raise NotDelivered(str(answer), timedelta(minutes=5))
        receipt: Receipt = answer
        return receipt


class RemoteStore(MemoryStore):
    """Inventories that outlive the process that wrote them."""

    def __init__(self, store: MemoryStore, pipe: Connection) -> None:
        self.kept, self.pipe = list(store.kept), pipe

    def write(self, inventory: Inventory) -> Inventory:
        """Kept here and there."""
        self.pipe.send(("keep", inventory))
        self.pipe.recv()
        return super().write(inventory)


@dataclass(slots=True)
class Host:
    """The parent's side: serves one child until it is gone."""

    cloud: SimulatedCloud
    channel: Channel
    store: MemoryStore

    def serve(self, pipe: Connection) -> None:
        """Until the other end closes, however it ended."""
        while True:
            try:
                name, about = pipe.recv()
                pipe.send(self._answer(name, about))
            except (EOFError, ConnectionResetError, BrokenPipeError):
                return

    def _answer(self, name: str, about: Any) -> tuple[str, Any]:
        try:
            if name == "estate":
                return "ok", self._copy()
            if name == "keep":
                return "ok", self.store.write(about) and None
            if name == "deliver":
                return "ok", self.channel.deliver(*about)
            called, (account, region, role, now), more = about
            return "ok", getattr(SimulatedCell(self.cloud, account, region, role, now), called)(*more)
        except CloudError as error:
            return "refused", (error.outcome, str(error))
        except NotDelivered as error:
            return "refused", error.why

    def _copy(self) -> Estate:
        for ref in list(self.cloud.estate.lives):
            self.cloud.estate.get(ref, self.cloud.clock.true)  # what takes time is settled
        return self.cloud.estate
