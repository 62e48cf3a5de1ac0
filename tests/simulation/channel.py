"""Slack: takes notices, is down for hours, loses answers. What it took is what people have read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.notice import Notice
from reapers.notify import NotDelivered, Receipt
from simulation.calendar import SimulatedClock
from simulation.chance import Chance
from simulation.memory import Crash


@dataclass(frozen=True, slots=True)
class Message:
    """One message that people can read."""

    at: datetime
    notice: Notice
    receipt: str
    answered: bool


@dataclass(slots=True)
class Channel:
    """reapers.notify.Notifier."""

    clock: SimulatedClock
    chance: Chance
    read: Callable[[Message], None] = lambda message: None
    down_until: datetime | None = None
    crash: bool = False
    calm: bool = False
    messages: list[Message] = field(default_factory=list)

    @property
    def counts(self) -> bool:
        """Its receipts prove that people were told."""
        return True

    @property
    def down(self) -> bool:
        """Whether nothing can be posted now."""
        return self.down_until is not None and self.clock.true < self.down_until

    def deliver(self, notice: Notice, at: datetime) -> Receipt:
        """Post a notice once."""
        if self.down:
            raise NotDelivered("Slack does not answer.", timedelta(minutes=5))
        lost = not self.calm and self.chance.trouble.random() < self.chance.profile.slack_lost
        message = Message(self.clock.true, notice, f"ts-{len(self.messages) + 1}", answered=not (lost or self.crash))
        self.messages.append(message)
        self.read(message)
        if self.crash:
            self.crash = False
            raise Crash("after a message was posted")
        if lost:
            raise NotDelivered("Slack's answer was lost.", timedelta(minutes=5))
        return Receipt(channel=notice.channel, receipt=message.receipt)
