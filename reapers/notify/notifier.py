"""What the service needs of a way to tell people: a receipt, or a sentence why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from engine.events import Delivered
from engine.model import Mode
from engine.notice import Notice


@dataclass(frozen=True, slots=True)
class Receipt:
    """A channel's word that it has the message: the channel as people name it, its own mark ("C024BE91L:1730000000.000100")."""

    channel: str
    receipt: str


class NotDelivered(Exception):
    """The channel did not say that it has the message, so grace does not start. The text is one sentence with what to do."""

    def __init__(self, why: str, retry_after: timedelta) -> None:
        super().__init__(why)
        self.why = why
        self.retry_after = retry_after


class Notifier(Protocol):
    """A way to tell people."""

    @property
    def counts(self) -> bool:
        """Whether its receipts prove that owners were told. Where they do not, nothing goes beyond observe."""

    def deliver(self, notice: Notice, at: datetime) -> Receipt:
        """Send it once and return the channel's receipt; NotDelivered otherwise. `at` is the moment, aware, UTC."""


def delivered(told: Mapping[str, Any], receipt: Receipt) -> Delivered:
    """The event for one case of a delivered notice, from what `Notice.told()` kept of it."""
    promised = {Mode(rung): datetime.fromisoformat(at) for rung, at in told["promised"].items()}
    return Delivered(channel=receipt.channel, receipt=receipt.receipt, promised=promised, mode=Mode(told["mode"]))
