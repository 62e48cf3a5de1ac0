"""What a Slack workspace remembers: people, channels, messages, what was asked of it, and how it is to misbehave."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from reapers.clock import Clock

TEAM = "T0SEXTON"
APP = "A0SEXTON"
BOT = "B0SEXTON"
BOT_USER = "U0SEXTON"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A user of the workspace, or of a connected one (another `team`)."""

    id: str
    email: str
    name: str
    deleted: bool = False
    bot: bool = False
    guest: bool = False
    team: str = TEAM
    confirmed: bool = True

    def as_slack(self) -> dict[str, Any]:
        """As users.info shows it."""
        return {
            "id": self.id,
            "team_id": self.team,
            "name": self.name.lower().replace(" ", "."),
            "real_name": self.name,
            "deleted": self.deleted,
            "is_bot": self.bot,
            "is_restricted": self.guest,
            "is_ultra_restricted": False,
            "is_stranger": self.team != TEAM,
            "is_email_confirmed": self.confirmed,
            "tz": "Europe/Berlin",
            "profile": {"email": self.email, "real_name": self.name, "display_name": self.name},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What Sexton answered to one person's click; only they would see it in Slack."""

    person: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message in a channel. `ts` is its id within the channel."""

    channel: str
    ts: str
    at: datetime
    text: str
    blocks: tuple[Mapping[str, Any], ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    edited: bool = False
    replies: tuple[Reply, ...] = ()

    def buttons(self) -> Iterator[Mapping[str, Any]]:
        """Every button in it."""
        for block in self.blocks:
            yield from (part for part in block.get("elements", ()) if part.get("type") == "button")


@dataclass(slots=True, kw_only=True)
class Channel:
    """A public channel."""

    id: str
    name: str
    archived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to the Web API and how it was answered."""

    at: datetime
    method: str
    params: Mapping[str, Any]
    status: int
    error: str


@dataclass(slots=True, kw_only=True)
class Fault:
    """How the next calls fail: `down` answers 503, `limited` 429, `lost` does the work and answers 500."""

    sort: Literal["down", "limited", "lost"]
    calls: int | None
    retry_after: int = 1


class Workspace:
    """Everything in one place, safe to use from several threads."""

    def __init__(self, clock: Clock, people: Iterable[Person] = (), channels: Iterable[str] | None = None) -> None:
        """`channels`: the names that exist, with or without `#`; None: whatever is written to comes to exist."""
        self.clock = clock
        self.people = {person.id: person for person in people}
        self.lock = threading.Condition()
        self._open = channels is None
        self._channels: dict[str, Channel] = {}
        self._messages: dict[tuple[str, str], Message] = {}
        self._faults: list[Fault] = []
        self._log: list[Call] = []
        self._version = 0
        for name in channels or ():
            self._found(name)

    # --- channels ---

    def channel(self, name: str) -> Channel | None:
        """A channel by id or name; one that is not there comes to exist where the workspace is open."""
        with self.lock:
            plain = name.removeprefix("#")
            known = self._channels.get(plain) or next((one for one in self._channels.values() if one.id == name), None)
            if known or not self._open or not plain or name.startswith("C0"):
                return known
            return self._found(plain)

    def channels(self) -> tuple[Channel, ...]:
        """All channels, by name."""
        with self.lock:
            return tuple(self._channels[name] for name in sorted(self._channels))

    def remove(self, name: str) -> None:
        """From now on there is no such channel; its messages stay in the memory of the double."""
        with self.lock:
            self._open = False
            self._channels.pop(name.removeprefix("#"), None)

    def _found(self, name: str) -> Channel:
        plain = name.removeprefix("#")
        made = Channel(id=f"C0{len(self._channels) + 1:06d}", name=plain)
        self._channels[plain] = made
        return made

    # --- messages ---

    def post(self, channel: str, text: str, blocks: Iterable[Mapping[str, Any]], metadata: Mapping[str, Any]) -> Message:
        """Store a message under a `ts` of its own."""
        with self.lock:
            at = self.clock.now()
            self._version += 1
            ts = f"{int(at.timestamp())}.{self._version:06d}"
            message = Message(channel=channel, ts=ts, at=at, text=text, blocks=tuple(blocks), metadata=metadata)
            self._messages[channel, ts] = message
            return message

    def change(self, message: Message, text: str, blocks: Iterable[Mapping[str, Any]]) -> Message:
        """Put other words in a message's place."""
        with self.lock:
            self._version += 1
            changed = replace(self._messages[message.channel, message.ts], text=text, blocks=tuple(blocks), edited=True)
            self._messages[message.channel, message.ts] = changed
            return changed

    def reply(self, channel: str, ts: str, reply: Reply) -> None:
        """Remember what Sexton answered under a message."""
        with self.lock:
            self._version += 1
            message = self._messages[channel, ts]
            self._messages[channel, ts] = replace(message, replies=(*message.replies, reply))
            self.lock.notify_all()

    def answered(self, channel: str, ts: str, before: int, seconds: float) -> str:
        """The newest answer under a message once there are more than `before`; empty when none comes within real seconds."""
        with self.lock:
            self.lock.wait_for(lambda: len(self._messages[channel, ts].replies) > before, timeout=seconds)
            replies = self._messages[channel, ts].replies
            return replies[-1].text if len(replies) > before else ""

    def message(self, channel: str, ts: str) -> Message | None:
        """One message."""
        with self.lock:
            return self._messages.get((channel, ts))

    def messages(self, channel: str | None = None) -> tuple[Message, ...]:
        """All messages, oldest first; only those of one channel, by name or id."""
        with self.lock:
            known = self.channel(channel) if channel else None
            if channel and known is None:
                return ()
            return tuple(message for message in self._messages.values() if known is None or message.channel == known.id)

    @property
    def version(self) -> int:
        """Grows with every change that the page would show."""
        return self._version

    # --- faults and log ---

    def fail(self, fault: Fault) -> None:
        """Misbehave, for `calls` calls or until `well`."""
        with self.lock:
            self._faults.append(fault)

    def well(self) -> None:
        """Behave again."""
        with self.lock:
            self._faults.clear()

    def fault(self) -> Fault | None:
        """The fault that the next call meets; it is used up by this."""
        with self.lock:
            while self._faults:
                first = self._faults[0]
                if first.calls is None:
                    return first
                if first.calls > 0:
                    first.calls -= 1
                    return first
                self._faults.pop(0)
            return None

    def note(self, method: str, params: Mapping[str, Any], status: int, error: str) -> None:
        """Write a call into the log, without its token."""
        shown = {name: value for name, value in params.items() if name != "token"}
        with self.lock:
            self._log.append(Call(at=self.clock.now(), method=method, params=shown, status=status, error=error))

    def log(self) -> tuple[Call, ...]:
        """Every call so far."""
        with self.lock:
            return tuple(self._log)
