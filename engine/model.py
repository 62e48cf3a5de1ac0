"""The central values: what a cloud told us about a resource, what it refused to tell, and who is who."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine.money import Money

EVERYWHERE = "*"
"""The region of a gap that covers a whole account."""

UNREAD = "?"
"""At the end of an account's `parents`: what stands further above, or all of it, could not be read."""

OUR_TAGS = "sexton:"
"""Tags that Sexton writes itself; they never count as a change of the resource. As GCP labels: `sexton-`."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """We asked and were not told. Unknown is not absent: whoever reads one must choose, and unknown spares."""

    why: str


@dataclass(frozen=True, slots=True)
class Gone:
    """The owning API says that there is no such resource."""

    at: datetime


Value = str | int | float | bool
Fields = Mapping[str, Value | Unknown]
"""Field name -> value. A missing name is *absent*: the provider told us that there is none."""


class Mode(StrEnum):
    """How far Sexton may go: tell nobody, tell, stop, delete."""

    OBSERVE = "observe"
    NOTIFY = "notify"
    STOP = "stop"
    DELETE = "delete"

    @property
    def rank(self) -> int:
        """0 for observe to 3 for delete."""
        return RANKS[self]


RANKS = {mode: rank for rank, mode in enumerate(Mode)}
"""Looked up some fifty times for every resource that is judged."""


def lowest(modes: Iterable[Mode]) -> Mode:
    """The most careful of several modes."""
    return min(modes, key=lambda mode: mode.rank)


class Verb(StrEnum):
    """Everything that Sexton can do to a resource."""

    STOP = "stop"
    START = "start"
    BACKUP = "backup"
    CONDEMN = "condemn"
    """Write the tag without which the cloud refuses a delete, and which anybody may remove."""
    SPARE = "spare"
    """Take that tag away again."""
    DELETE = "delete"
    RESTORE = "restore"


class Role(StrEnum):
    """The cloud roles, each with its own permissions and none with another's."""

    SCAN = "scan"
    STOP = "stop"
    CONDEMN = "condemn"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """One life of one resource: a name that comes back with another `born` is another life."""

    kind: str
    account: str
    region: str
    id: str
    born: str = ""

    @property
    def cloud(self) -> str:
        """aws or gcp."""
        return self.kind.split(".", 1)[0]

    @property
    def ref(self) -> str:
        """The text that people and references use: kind/account/region/id."""
        return f"{self.kind}/{self.account}/{self.region}/{self.id}"

    def __str__(self) -> str:
        return self.ref

    @classmethod
    def parse(cls, text: str) -> Key:
        """A key from its text, without `born`. ValueError when it has not four parts."""
        parts = text.split("/", 3)
        if len(parts) != 4 or not all(parts):
            raise ValueError(f"{text!r} is not a key: expected kind/account/region/id")
        return cls(*parts)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a field's value comes from (an API operation) and when it was read."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource as its owner's API described it at `seen_at`."""

    key: Key
    name: str
    created: datetime | None
    tags: Mapping[str, str] | Unknown
    fields: Fields
    seen_at: datetime
    monthly_cost: Money = field(default_factory=lambda: Money.unknown("not priced"))
    fingerprint: str | Unknown = Unknown("not computed")
    sources: Mapping[str, Source] = field(default_factory=dict)
    since: Mapping[str, datetime] = field(default_factory=dict)
    """Fact -> since when it has been observed without a gap; `seen` is when Sexton first saw the resource."""


def fingerprint(resource: Resource, names: Iterable[str]) -> str | Unknown:
    """A digest of the fields that may not change between approval and act; Unknown when one of them is."""
    seen: dict[str, Any] = {"id": resource.key.id, "born": resource.key.born}
    for name in sorted(names):
        value = _tags(resource) if name == "tags" else resource.fields.get(name)
        if isinstance(value, Unknown):
            return value
        seen[name] = value
    return hashlib.sha256(canonical(seen)).hexdigest()[:32]


def _tags(resource: Resource) -> dict[str, str] | Unknown:
    """Everybody's tags but ours."""
    if isinstance(resource.tags, Unknown):
        return resource.tags
    return {key: value for key, value in resource.tags.items() if not is_ours(key)}


def is_ours(tag: str) -> bool:
    """Whether Sexton wrote this tag itself, as bookkeeping. `sexton:keep` and `sexton:drill` are people's, not ours."""
    return tag.startswith((OUR_TAGS, "sexton-")) and tag.replace("-", ":", 1) not in ("sexton:keep", "sexton:drill")


def canonical(value: Any) -> bytes:
    """JSON as RFC 8785 writes it for the values we hash: sorted keys, no blanks, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class Outcome(StrEnum):
    """How the reading of one cell ended. Only `ok` and `empty` say anything about absence."""

    OK = "ok"
    EMPTY = "empty"
    DENIED = "denied"
    THROTTLED = "throttled"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of the estate that could not be read. `region` is `*` for a whole account, `account` is `*` for a whole cloud."""

    kind: str
    account: str
    region: str
    why: str

    def covers(self, key: Key) -> bool:
        """Whether a resource with this key would hide in the gap."""
        here = self.account in (EVERYWHERE, key.account) and self.region in (EVERYWHERE, key.region)
        return self.kind == key.kind and here


@dataclass(frozen=True, slots=True)
class CellRead:
    """One list that was read: where, how it ended, how many calls it took."""

    kind: str
    account: str
    region: str
    outcome: Outcome
    calls: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """An AWS account or GCP project, with what Organization rows can match: name and OU or folder ids."""

    cloud: str
    id: str
    name: str = ""
    parents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What a scan saw at `as_of`. Absence is evidence only outside the gaps."""

    id: str
    as_of: datetime
    resources: tuple[Resource, ...]
    cells: tuple[CellRead, ...] = ()
    gaps: tuple[Gap, ...] = ()
    accounts: tuple[Account, ...] = ()
    commit: str = ""

    def in_gap(self, key: Key) -> Gap | None:
        """The gap that a resource with this key would hide in, if any."""
        return next((gap for gap in self.gaps if gap.covers(key)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a kind in the condition language. Types: string, int, double, bool, tags."""

    type: str
    doc: str
    optional: bool = False
    enum: tuple[str, ...] = ()
    unit: str = ""
    price: str = "free"
    """What reading it costs: free (comes with the list), call, paid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindTable:
    """What the engine knows of a kind: its fields and what can be done to it."""

    name: str
    title: str
    fields: Mapping[str, Field]
    acts: frozenset[Verb] = frozenset()
    max_mode: Mode = Mode.DELETE
    main_fact: str = ""
    """The negative fact that `idle_days` counts from; empty where the kind has none."""
    stopped: frozenset[str] = frozenset()
    """Values of `state` that mean stopped."""
    links: Callable[[Resource], tuple[Key, ...]] = lambda _: ()
    """What a resource of this kind refers to (keys without `born`): a disk to its machine."""
    hangs_on: frozenset[str] = frozenset()
    """Kinds among them that can go without it: a machine needs no address to go, an image that is used does not go."""
    parts: frozenset[str] = frozenset()
    """Kinds among them that it is made of: one goes with its parts, all or none (engine/compound.py)."""
    held_otherwise: str = ""
    """The field of a part that says whether anything but its wholes uses it; empty where nothing says so."""
    reads: tuple[str, ...] = ()
    """Other kinds whose cells its evidence depends on."""
    untied: str = ""
    """Why the cloud would delete one that is not condemned; "" where it refuses that."""
