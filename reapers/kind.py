"""Kind: the frozen value that says all about one sort of resource. A kind is one file with `KIND = Kind(…)`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Protocol

from engine.model import Field, Gap, Gone, Key, KindTable, Mode, Resource, Role, Unknown, Value, Verb
from engine.money import Money, PriceBook


class Scope(StrEnum):
    """What one list call of a kind covers, hence how many cells a scan reads for it."""

    REGION = "region"
    """One AWS account and region."""
    ACCOUNT = "account"
    """One AWS account (its cell's region is `global`) or one GCP project with all its zones (its cell's region is `*`)."""


class Cell(Protocol):
    """One account and location, and the way to ask there. reapers/clouds makes them; a kind only asks."""

    @property
    def account(self) -> str:
        """The AWS account id or the GCP project id."""

    @property
    def region(self) -> str:
        """The region that this cell reads: an AWS region, `global`, or `*`."""

    @property
    def now(self) -> datetime:
        """The moment of reading, UTC: every resource of one cell carries it as `seen_at`."""


class Partial(Exception):
    """Raised at the end of a list that yielded what it could: the gaps are the locations that did not answer."""

    def __init__(self, gaps: Sequence[Gap]) -> None:
        super().__init__("; ".join(f"{gap.region}: {gap.why}" for gap in gaps))
        self.gaps = tuple(gaps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What an act is told. `memory` is what `do` returned earlier (empty after a crash in between)."""

    case: str
    """The case's id: backups and restored resources carry it in the tag `sexton:case` (GCP label `sexton-case`)."""
    generation: int
    key: Key
    resource: Resource | None = None
    """As read a moment ago; None when restoring."""
    token: str = ""
    """A UUID made from the action hash, for clouds that take one: the same order sent twice is one order."""
    until: datetime | None = None
    """A backup is ours until then (`sexton:until`, RFC 3339; GCP label `sexton-until`, epoch seconds)."""
    memory: Mapping[str, Any] = field(default_factory=dict)


class Unusable(Exception):
    """Raised by a check whose act ended but left nothing of use: a snapshot whose key is disabled. The text is a sentence."""


class Progress(StrEnum):
    """What a look at the cloud says of an act."""

    DONE = "done"
    PENDING = "pending"
    NO_EFFECT = "no_effect"
    """The cloud is as it was before: the call had no effect, or never arrived."""
    FAILED = "failed"
    """It ended badly (a snapshot in state error): a person must look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing that can be done to a kind.

    `do` sends it and returns what must be remembered for `check` and for restoring: JSON values. Backup and restore first
    look for what this case has already made (by its tag) and go on from there, so they may be sent again; stop, start and
    delete are sent once, and `check` settles an unknown outcome by reading.
    `check` reads only. A backup is done when it can be restored from: complete, not empty, and its key, if any, enabled.
    """

    do: Callable[[Any, Order], Mapping[str, Any]]
    check: Callable[[Any, Order], Progress]
    made: Callable[[Any, Order], tuple[Key, ...]] = lambda cell, order: ()
    """The resources that a backup made, read once it is done: the ledger lists them as ours. A read that fails is raised."""


ROLE_OF: Mapping[Verb, Role] = {
    Verb.STOP: Role.STOP,
    Verb.START: Role.STOP,
    Verb.BACKUP: Role.CONDEMN,
    Verb.CONDEMN: Role.CONDEMN,
    Verb.SPARE: Role.CONDEMN,
    Verb.RESTORE: Role.CONDEMN,
    Verb.DELETE: Role.DELETE,
}
"""Whose credentials an act's `do` and `check` use: who may delete cannot create, who may create cannot delete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A field that is not in the list: its price (free, call, paid) and a reader of many at once (resource id -> value).

    A resource that the reader leaves out has no such value (absent); one that could not be read is Unknown.
    `metric` fields may be up to 24 h old before an act, all others are read again.
    """

    price: str
    read: Callable[[Any, Sequence[Resource]], Mapping[str, Value | Unknown]]
    source: str
    metric: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """All about one sort of resource. Plain functions and data; nothing here decides anything."""

    name: str
    """`aws.ebs_volume`: its first part is the cloud."""
    title: str
    """What people call it: "EBS volume"."""
    scope: Scope = Scope.REGION
    fields: Mapping[str, Field]
    """The kind's own fields, raw and evidence: the language's table. `state` is one of them wherever there is a state."""
    list: Callable[[Any], Iterator[Resource]]
    """Every resource of a cell, every page. A failure is raised (`Partial` for some locations), never swallowed."""
    get: Callable[[Any, Key], Resource | Gone]
    """The owning API's newest word on one resource, by its id; the cell is the key's own."""
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    facts: Mapping[str, Callable[[Resource], bool | Unknown]] = field(default_factory=dict)
    """Negative facts ("detached", "stopped") whose "since" is kept; the first is the one `idle_days` counts from.
    `list` and `get` may seed `Resource.since[fact]` from a timestamp of the provider's."""
    links: Callable[[Resource], tuple[Key, ...]] = lambda resource: ()
    """What it refers to (keys without `born`)."""
    hangs_on: frozenset[str] = frozenset()
    """Kinds among those of `links` that can go without it: an address hangs on its machine. All others stay while it does."""
    parts: frozenset[str] = frozenset()
    """Kinds among those of `links` that it is made of, as an image of its snapshots: one goes with its parts, all or none."""
    held_otherwise: str = ""
    """The field of a part that says whether anything but its wholes uses it: only where it is False it may go with them."""
    fingerprint: tuple[str, ...]
    """Fields (and `tags`) that may not change between approval and act: never state or metrics."""
    anew: frozenset[str] = frozenset()
    """Fields that what is restored has anew, so that a drill does not compare them: its snapshot, its age, its address."""
    reads: tuple[str, ...] = ()
    """Other kinds whose cells its evidence depends on."""
    acts: Mapping[Verb, Act] = field(default_factory=dict)
    needs: Mapping[Role, frozenset[str]]
    """Cloud permissions by role: IAM actions on AWS, IAM permissions on GCP."""
    untied: str = ""
    """Why no condition of the delete role ties a delete to our tag, so that the cloud would delete one that is not condemned.
    "" where one does, which `sexton permissions` writes. Without one it is only stopped, unless a policy says otherwise."""
    max_mode: Mode = Mode.DELETE
    stopped: frozenset[str] = frozenset()
    """Values of `state` that mean stopped."""
    price: Callable[[Resource, PriceBook], Money]
    example: Mapping[str, Any]
    """A raw answer of the provider: documentation, fixture, default of PolicyTest (through `parse`)."""
    parse: Callable[[Any, Any], Resource]
    """A raw answer to a Resource, as `list` and `get` use it: (cell, raw)."""

    @property
    def cloud(self) -> str:
        """aws or gcp."""
        return self.name.split(".", 1)[0]

    @property
    def table(self) -> KindTable:
        """What the engine knows of this kind."""
        return KindTable(
            name=self.name,
            title=self.title,
            fields=self.fields,
            acts=frozenset(self.acts),
            max_mode=self.max_mode,
            main_fact=next(iter(self.facts), ""),
            stopped=self.stopped,
            links=self.links,
            hangs_on=self.hangs_on,
            parts=self.parts,
            held_otherwise=self.held_otherwise,
            reads=self.reads,
            untied=self.untied,
        )


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind by name: each module below reapers/kinds that has a KIND."""
    package = importlib.import_module("reapers.kinds")
    found: dict[str, Kind] = {}
    for module in sorted(info.name for info in pkgutil.walk_packages(package.__path__, "reapers.kinds.") if not info.ispkg):
        kind = getattr(importlib.import_module(module), "KIND", None)
        if isinstance(kind, Kind):
            found[kind.name] = kind
    return found


@cache
def tables() -> Mapping[str, KindTable]:
    """What the engine knows of every kind, by name."""
    return {name: kind.table for name, kind in kinds().items()}
